"""By which numbers a centre ranks its people: the named policies with the centre's own minutes.

The one source for the hall, its estimates, the simulator and the demo.
"""

import msgspec

from queue_app.domain.centre import Rules
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
