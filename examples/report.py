"""Write one page that tells everything about a game (the extra 'report')."""

import negotiation as ng

game = ng.load("issue-linkage")
findings = ng.report(game, "issue-linkage.html", draws=16)
print(f"issue-linkage.html tells of {game.title!r}: {findings.solution.status}")
