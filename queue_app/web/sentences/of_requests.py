"""What any request may meet, whatever it asks for."""

from collections.abc import Mapping

from queue_app.texts.words import N_

OF_REQUESTS: Mapping[str, tuple[str, str]] = {
    "unreadable": (
        N_("The request could not be read"),
        N_("Go back, check what you entered and send it again."),
    ),
    "not_signed_in": (
        N_("Please sign in"),
        N_("This page is for the centre’s staff. Sign in and open it again."),
    ),
    "not_allowed": (
        N_("You may not do this"),
        N_("Your account does not have this right. Ask your supervisor."),
    ),
    "not_found": (
        N_("There is no such page"),
        N_("Check the address, or start from the first page."),
    ),
    "method_not_allowed": (
        N_("This cannot be done here"),
        N_("Go back to the page and use its buttons."),
    ),
    "conflict": (
        N_("Somebody was first"),
        N_("Load the page again to see how things stand now."),
    ),
    "too_large": (
        N_("Too much was sent"),
        N_("Send less and try again."),
    ),
    "rule_broken": (
        N_("The centre’s rules do not allow this"),
        N_("Go back and choose something else."),
    ),
    "too_many": (
        N_("Too many requests"),
        N_("Wait a minute and try again."),
    ),
    "unavailable": (
        N_("The service is unavailable for a moment"),
        N_("Wait a minute and load the page again."),
    ),
    "internal": (
        N_("Something went wrong on our side"),
        N_("Nothing that you saved is lost. Wait a minute and try again."),
    ),
    "no_centre": (
        N_("The centre is not set up yet"),
        N_("Its services and branches have not been loaded. Try again later."),
    ),
    "unknown_branch": (
        N_("There is no such branch"),
        N_("Check the address, or begin at the first page."),
    ),
    "unknown_link": (
        N_("This link leads nowhere"),
        N_("Check that the whole address was copied, or book a new visit."),
    ),
    "other_branch": (
        N_("This belongs to another branch"),
        N_("You can work only with your own branch."),
    ),
    "unknown_screen": (
        N_("There is no such screen"),
        N_("Say the path of a kiosk, a board or a panel after “open=”."),
    ),
    "branch_retired": (
        N_("The branch of this booking has closed for good"),
        N_("Book at another branch, or take a ticket there."),
    ),
    "branch_needed": (
        N_("Choose the branch"),
        N_("This role works at one branch."),
    ),
    "no_service": (
        N_("No service is chosen"),
        N_("Choose at least one service."),
    ),
    "too_many_services": (
        N_("Too many services for one visit"),
        N_("Choose at most %(limit)s."),
    ),
    "unknown_service": (
        N_("There is no such service"),
        N_("Choose services from the list."),
    ),
    "figures_closed": (
        N_("The figures are not shown to everybody"),
        N_("Ask for them on the server itself, or with the token that was set for them."),
    ),
    "other_origin": (
        N_("The request came from another site"),
        N_("Open this site’s own page and try again."),
    ),
    "bad_idempotency_key": (
        N_("The Idempotency-Key cannot be read"),
        N_("Send a UUID."),
    ),
    "bad_push": (
        N_("This browser cannot be reached"),
        N_("Keep this page open, or watch the board."),
    ),
    "too_many_browsers": (
        N_("Enough phones are told of this visit"),
        N_("Switch the notifications off on another phone first."),
    ),
    "idempotency_key_reused": (
        N_("This key was used for another request"),
        N_("Send the new request with a new Idempotency-Key."),
    ),
}
