"""Who stands behind one ticket: one person is called, and sometimes several go."""

from typing import Literal

CompanyKind = Literal["helped", "represents"]
"""`helped`: somebody comes along who helps, and both go to the desk. `represents`: whoever comes
acts for another person, and shows that they may."""
MOST_PEOPLE = 5
"""Who come with the same errand on one number and are served one after the other at one desk; more
than these keep a desk for so long that staff arrange it."""
