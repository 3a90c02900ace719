"""Who is about to act, and how: learnt from past cut-off days, foretold for later ones.

Belongs here: turning what was known of a profile into columns of yes and no, learning, foretelling.
Doesn't belong here: what was known and what followed (dbt models `int_journey__propensity_features`
and those before it), how good it is (mart `propensity_evaluation`).
"""
