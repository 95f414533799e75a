"""More published games, with the payoffs of the files named; see :mod:`normal_form_cases`."""

from __future__ import annotations

from normal_form_cases import CASES, HALF, Case, F, S, in_file_order

STORED = (
    Case("seventy-five equilibria, small payoffs",
         "Savani & von Stengel 2004, Exponentially many steps for finding a Nash "
         "equilibrium in a bimatrix game, FOCS",
         in_file_order((6, 6), (
        "-81 72 -180 -180 20 297 -30 -333 270 270 90 -153 36 36 72 -81 -3 126 17 -126 -153 90 "
        "-36 -36 -126 17 -333 -30 42 42 -33 -33 297 20 126 -3 126 -3 297 20 -33 -33 42 42 -333 "
        "-30 -126 17 -36 -36 -153 90 17 -126 -3 126 72 -81 36 36 90 -153 270 270 -30 -333 20 "
        "297 -180 -180 -81 72 ")),
         count=75,
         checked="copied from the file",
         file="catalog/journals/dcg/vonstengel1999/6x6_game_with_75_eq_small_payoffs.nfg"),
    Case("battle of the sexes of Nau and others",
         "Nau, Gomez Canovas & Hansen 2004, Int. J. Game Theory 32, §3",
         in_file_order((2, 2), (
        "3 2 0 0 0 0 2 3 ")),
         equilibria=((F, F), (S, S), (("3/5", "2/5"), ("2/5", "3/5"))),
         checked="copied from the file",
         file="catalog/journals/ijgt/nau2004/sec3.nfg"),
    Case("a continuum of three players",
         "Nau, Gomez Canovas & Hansen 2004, Int. J. Game Theory 32, §5: three pure "
         "equilibria, two with one pure player, and a continuum",
         in_file_order((2, 2, 2), (
        "0 0 2 3 0 0 0 3 0 0 0 0 1 1 0 0 0 0 0 0 0 0 0 3 ")),
         continuum=True,
         checked="copied from the file",
         file="catalog/journals/ijgt/nau2004/sec5.nfg"),
    Case("Shapley's figure 2",
         "Shapley 1974, A note on the Lemke–Howson algorithm, Math. Progr. Study 1",
         in_file_order((3, 3), (
        "2 3 0 0 3 0 2 0 3 3 0 0 0 2 0 2 1 1 ")),
         count=3,
         checked="copied from the file",
         file="catalog/journals/other/shapley1974/fig2.nfg"),
    Case("two equilibria out of reach",
         "Wilson's example in Shapley 1974, A note on the Lemke–Howson algorithm, Math. "
         "Progr. Study 1, fig. 3",
         in_file_order((3, 3), (
        "0 0 2 3 3 0 3 2 2 2 0 0 0 3 0 0 1 1 ")),
         count=3,
         checked="copied from the file",
         file="catalog/journals/other/shapley1974/fig3.nfg"),
    Case("twelve extreme equilibria",
         "Winkels 1979, An algorithm to determine all equilibrium points of a bimatrix "
         "game",
         in_file_order((6, 2), (
        "1 1 1 0 3 -2 3 4 2.5 -1 2.5 6 3 2 3 -1 1 2 1 -1 2.5 6 2.5 -1 ")),
         count=12, continuum=True,
         checked="copied from the file",
         file="contrib/games/winkels.nfg"),
    Case("three players, one equilibrium",
         "van der Laan, Talman & van der Heyden 1987, Simplicial variable dimension "
         "algorithms, Math. of Operations Research 12",
         in_file_order((2, 2, 2), (
        "-1 -4 -4 -8 -2 -4 -8 -2 -1 -2 -1 -2 -2 -2 -8 -8 -1 -2 -5 -6 -8 -2 -3 -1 ")),
         count=1,
         checked="copied from the file",
         file="contrib/games/g1.nfg"),
    Case("three players of three actions, one equilibrium",
         "van der Laan, Talman & van der Heyden 1987, Math. of Operations Research 12",
         in_file_order((3, 3, 3), (
        "-2 -5 -1 -1 -4 -1 -4 -3 -1 -2 -1 -3 -3 -3 -6 -4 -2 -2 -4 -2 -5 -6 -5 -2 -3 -7 -4 -3 -6 "
        "-2 -1 -8 -3 -7 -5 -8 -3 -1 -6 -4 -2 -3 -5 -2 -5 -1 -3 -5 -8 -3 -7 -6 -5 -5 -4 -7 -5 -4 "
        "-9 -4 -2 -1 -8 -3 -3 -2 -1 -1 -6 -5 -4 -1 -5 -6 -2 -2 -6 -5 -4 -8 -3 ")),
         count=1,
         checked="copied from the file",
         file="contrib/games/g2.nfg"),
    Case("four players, three equilibria",
         "Gambit's contributed games: a 2×2×2×2 game with 3 Nash equilibria",
         in_file_order((2, 2, 2, 2), (
        "1.131 1.21 2.426 2.429 4.225 5.277 4.837 5.645 4.452 4.549 1.655 1.347 7.566 4.655 "
        "7.076 4.423 1.223 1.358 2.234 2.238 4.483 5.764 4.995 5.754 4.564 4.326 1.762 1.576 "
        "7.247 4.943 7.362 4.382 2.326 2.422 3.222 3.024 1.478 2.544 1.973 7.486 2.747 2.243 "
        "3.518 3.062 1.759 2.705 1.735 4.043 5.255 5.334 2.643 2.873 4.383 1.436 4.864 5.267 "
        "5.634 5.675 2.455 6.523 4.642 1.897 4.042 3.83 ")),
         count=3,
         checked="copied from the file",
         file="contrib/games/2x2x2x2.nfg"),
    Case("three by three by three, five equilibria",
         "Gambit's contributed games: a 3×3×3 game with five equilibria, two of them pure",
         in_file_order((3, 3, 3), (
        "1.131 1.21 2.426 1.358 2.234 2.238 1.655 1.347 2.747 1.576 5.634 5.675 1.478 2.544 "
        "1.973 1.436 4.864 5.267 1.735 4.043 7.247 3.83 1.335 1.734 1.428 1.521 4.248 2.429 "
        "2.326 2.422 5.255 5.334 2.643 2.243 3.518 3.062 2.455 6.523 4.225 7.486 4.483 5.764 "
        "7.566 4.655 7.076 4.943 7.362 4.382 4.434 4.271 4.12 4.533 5.231 5.458 3.222 3.024 "
        "1.223 2.873 4.452 4.549 4.564 4.326 1.762 5.277 4.837 5.645 4.995 5.754 4.383 4.423 "
        "1.759 2.705 4.642 1.897 4.042 4.976 7.324 7.723 4.486 4.882 2.537 ")),
         count=5,
         checked="copied from the file",
         file="contrib/games/3x3x3.nfg"),
    Case("eight by eight, five equilibria",
         "Gambit's contributed games: an 8×8 game with 5 equilibria, 3 of them pure",
         in_file_order((8, 8), (
        "1.131 1.21 2.426 2.429 2.326 2.422 3.222 3.024 1.223 1.358 2.234 2.238 5.255 5.334 "
        "2.643 2.873 4.452 4.549 1.655 1.347 2.747 2.243 3.518 3.062 4.564 4.326 1.762 1.576 "
        "5.634 5.675 2.455 6.523 4.225 5.277 4.837 5.645 1.478 2.544 1.973 7.486 4.483 5.764 "
        "4.995 5.754 4.383 1.436 4.864 5.267 7.566 4.655 7.076 4.423 1.759 2.705 1.735 4.043 "
        "7.247 4.943 7.362 4.382 4.642 1.897 4.042 3.83 1.335 1.734 4.434 4.271 4.12 4.976 "
        "7.324 7.723 1.428 1.521 4.248 4.533 5.231 5.458 4.486 4.882 2.537 2.417 1.427 1.624 "
        "4.542 4.572 7.577 7.969 2.675 2.238 1.132 1.985 5.369 5.395 4.669 4.274 2.164 5.349 "
        "2.243 5.056 1.473 4.58 1.74 4.192 2.236 5.174 2.355 5.347 2.798 1.403 2.832 1.38 3.803 "
        "2.685 3.464 2.678 1.323 4.792 1.214 4.462 3.974 2.793 3.575 2.269 2.778 1.646 2.342 "
        "1.64 ")),
         count=5,
         checked="copied from the file",
         file="contrib/games/8x8.nfg"),
    Case("three points, unlike payoffs",
         "Gambit's contributed games: a 3×3 coordination game with 7 Nash equilibria",
         in_file_order((3, 3), (
        "3 2 0 0 0 0 0 0 2 2 0 0 0 0 0 0 1 4 ")),
         count=7,
         checked="copied from the file",
         file="contrib/games/coord3.nfg"),
    Case("four points, unlike payoffs",
         "Gambit's contributed games: a 4×4 coordination game with 15 Nash equilibria",
         in_file_order((4, 4), (
        "3 2 0 0 0 0 0 0 0 0 2 2 0 0 0 0 0 0 0 0 1 4 0 0 0 0 0 0 0 0 4 7 ")),
         count=15,
         checked="copied from the file",
         file="contrib/games/coord4.nfg"),
    Case("a strict prisoner's dilemma",
         "Gambit's contributed games: a two-person prisoner's dilemma",
         in_file_order((2, 2), (
        "9 9 10 0 0 10 1 1 ")),
         equilibria=((S, S),),
         checked="copied from the file",
         file="contrib/games/pd.nfg"),
    Case("a largest cut",
         "pygambit's test_nash.py: a local max-cut instance with 2 pure and 1 mixed "
         "equilibrium",
         in_file_order((2, 2, 2), (
        "0 0 0 1 2 -1 2 4 2 -1 2 1 -1 2 1 2 4 2 1 2 -1 0 0 0 ")),
         equilibria=((F, S, F), (S, F, S), (HALF,) * 3),
         checked="copied from the file",
         file="tests/test_games/2x2x2_nfg_from_local_max_cut_2_pure_1_mixed_eq.nfg"),
)
ALL = (*CASES, *STORED)
