"""A small definition for pages: two equilibria, a bargain, a cascade, and texts that try to be
markup, script, a template, a formula or a placeholder of a picture."""

HOSTILE = '</script><script>window.hacked=1</script>'
TITLE = f'Two fronts {HOSTILE}'
ACTOR = '<img src=x onerror=window.hacked=1> & <b>Ada</b>'
LABEL = 'Left $x^2$ %{y} <a href=javascript:window.hacked=1>go</a>'
DOC = "{{ 7 * 7 }} \u2028 <!-- <script> ${window.hacked=1}"

PAGE = f"""
format = "negotiation/1"
title = '{TITLE}'
source = "<svg onload=window.hacked=1>"
horizon = 10.0
[parameters]
cost = {{ value = 1.5, low = 1.0, high = 1.9, unit = "<i>points</i>", doc = '{DOC}' }}
pace = {{ value = 1.0, low = 0.5, high = 3.0 }}
[actors.ada]
name = '{ACTOR}'
discount_rate = 0.1
[actors.bo]
discount_rate = 0.1
[fronts.f]
name = "First front"
statuses = ["open", "left", "right"]
flow.left = {{ ada = 0.2, bo = 0.1 }}
flow.right = {{ ada = 0.1, bo = 0.2 }}
[fronts.g]
name = "Second front"
statuses = ["open", "left"]
flow.left = {{ ada = 0.1, bo = 0.1 }}
[moves.left]
name = '{LABEL}'
front = "f"
from = "open"
to = "left"
by = ["ada"]
rate = 1.0
payoff = {{ ada = "-cost" }}
[moves.right]
front = "f"
from = "open"
to = "right"
by = ["bo"]
rate = 1.0
payoff = {{ bo = "-cost" }}
[moves.settle]
name = "Settle the second"
front = "g"
from = "open"
to = "left"
by = ["ada", "bo"]
rate = "0.2*pace"
[moves.settle.issues.share]
value = {{ ada = 1.0, bo = -0.4 }}
[[linkages]]
when = {{ f = "left" }}
rate = {{ settle = 4.0 }}
[outcomes.second]
name = "The second is settled"
when = {{ g = "left" }}
[outcomes.left]
name = "The first went left"
when = {{ f = "left" }}
[cascade]
center = "f"
status = "left"
periphery = ["g"]
"""
