"""By which numbers a centre ranks its people: the named policies with the centre's own minutes.

The one source for the hall, its estimates, the simulator and the demo.
"""

import msgspec

from queue_app.domain.centre import Centre, Rules
from queue_app.domain.dispatch import POLICIES, Policy, PolicyName


def policy_of(rules: Rules) -> Policy:
    """The centre's policy, with the centre's own limits for early and late."""
    return policy_named(rules.policy, rules)


def policy_named(name: PolicyName, rules: Rules) -> Policy:
    """Another policy as this centre would have it: where it has limits, they are the centre's."""
    policy = POLICIES[name]
    if policy.late_minutes is None and policy.early_minutes is None:
        return policy
    return msgspec.structs.replace(
        policy,
        late_minutes=float(rules.late_minutes),
        early_minutes=float(rules.early_minutes),
    )


def minutes_of_right(centre: Centre) -> int:
    """So much later than others may come who has a right to be served first, and still be called
    before them; 0 where the centre gives nobody such a right."""
    return int(policy_of(centre.rules).priority_head_start) if centre.priorities else 0
