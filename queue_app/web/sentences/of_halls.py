"""The hall and who works in it: tickets, desks, stops of calls, devices, accounts."""

from collections.abc import Mapping

from queue_app.texts.words import N_

OF_HALLS: Mapping[str, tuple[str, str]] = {
    "unknown_desk": (
        N_("There is no such desk"),
        N_("Check the number of the desk."),
    ),
    "unknown_ticket": (
        N_("There is no such ticket"),
        N_("Check the number. A ticket is valid only on its day."),
    ),
    "not_your_desk": (
        N_("This is not your desk"),
        N_("Take the desk first, or ask the colleague who works at it."),
    ),
    "desk_busy": (
        N_("The desk still has a visitor"),
        N_("Finish with that visitor first."),
    ),
    "ticket_changed": (
        N_("The ticket has changed in the meantime"),
        N_("Look at how it stands now and decide again."),
    ),
    "recall_too_soon": (
        N_("The call is still being heard"),
        N_("Wait a few seconds and call again."),
    ),
    "ticket_state": (
        N_("The ticket’s state does not allow this"),
        N_("Look at how it stands now and decide again."),
    ),
    "desk_changed": (
        N_("The desk has changed in the meantime"),
        N_("Look at how it stands now and decide again."),
    ),
    "desk_not_open": (
        N_("The desk is not open"),
        N_("Open the desk first."),
    ),
    "desk_retired": (
        N_("This desk is no longer in use"),
        N_("Choose another desk."),
    ),
    "desk_taken": (
        N_("A colleague is already at this desk"),
        N_("Choose another desk, or ask the colleague to leave it."),
    ),
    "device_taken": (
        N_("There is already a device with this name"),
        N_("Choose another name."),
    ),
    "device_name": (
        N_("This is not a name for a device"),
        N_("Give it one line of up to 60 characters."),
    ),
    "long_line": (
        N_("The line is too long for a board"),
        N_("Say it in at most %(most)s characters."),
    ),
    "unknown_board_desk": (
        N_("The branch has no desk %(desk)s"),
        N_("Correct the address of this board."),
    ),
    "unknown_look": (
        N_("There is no such look of a board"),
        N_("Correct the address of this board."),
    ),
    "long_floor": (
        N_("A floor is a short sign, such as 2"),
        N_("Correct the address of this board."),
    ),
    "unknown_pairing": (
        N_("No device shows this code"),
        N_("Read it from the device once more: a code that nobody confirms is soon another."),
    ),
    "too_many_pairings": (
        N_("Too many devices show a code at once"),
        N_("Confirm one of them, or wait a few minutes."),
    ),
    "unknown_device": (
        N_("There is no device with this name"),
        N_("Look at the list of devices; a revoked one is gone for good."),
    ),
    "several_devices": (
        N_("Several branches have a device with this name"),
        N_("Name its branch, too."),
    ),
    "unknown_login": (
        N_("There is no account with this name"),
        N_("Look at the list of staff."),
    ),
    "account_retired": (
        N_("This account was retired"),
        N_("Make a new one under another name."),
    ),
    "login_taken": (
        N_("There is already an account with this name"),
        N_("Choose another name."),
    ),
    "nothing_to_undo": (
        N_("There is nothing to undo"),
        N_("The time for it has passed, or it has been undone already."),
    ),
    "wrong_password": (
        N_("The name or the password is wrong"),
        N_("Check both and try again."),
    ),
    "bad_login": (
        N_("This name cannot be used"),
        N_("Use lower-case Latin letters, digits, dots and hyphens."),
    ),
    "branch_closed": (
        N_("The branch is closed now"),
        N_("You can book a visit for another time."),
    ),
    "past_closing": (
        N_("Your turn would come only after closing"),
        N_("Book a visit: you will be served at your time, without waiting."),
    ),
    "no_walk_ins": (
        N_("Nobody is received here"),
        N_("This is the contact centre: book a call, or take a ticket at a branch."),
    ),
    "past_last_ticket": (
        N_("No more tickets are issued today"),
        N_("You can book a visit for another time."),
    ),
    "nobody_serves": (
        N_("No desk of this branch offers these services together"),
        N_("Choose fewer services, or another branch."),
    ),
    "not_a_visit": (
        N_("This booking is not a visit"),
        N_("We will call you: there is no need to come."),
    ),
    "not_for_this_desk": (
        N_("This desk does not offer that service"),
        N_("Choose a desk that does."),
    ),
    "transfer_nowhere": (
        N_("Choose where to transfer to"),
        N_("Choose another desk or another service."),
    ),
    "unknown_device_kind": (
        N_("There is no such kind of device"),
        N_("Choose a kiosk or a board."),
    ),
    "unknown_priority": (
        N_("There is no such category"),
        N_("Choose a category from the list."),
    ),
    "unknown_role": (
        N_("There is no such role"),
        N_("Choose clerk, supervisor or administrator."),
    ),
    "weak_password": (
        N_("The password is too short"),
        N_("Use at least %(minimum)s characters."),
    ),
    "desk_needed": (
        N_("Take a desk first"),
        N_("Calls are stopped and resumed by whoever works at a desk, or by a supervisor."),
    ),
    "common_password": (
        N_("This password is one of the first that are guessed"),
        N_("Choose another one: three or four words that do not belong together do well."),
    ),
    "sign_in_slowed": (
        N_("Too many wrong passwords"),
        N_("Wait and sign in again in %(retry_after_seconds)s s."),
    ),
    "hall_paused": (
        N_("Calls are stopped now"),
        N_("The queue keeps its order. Calls go on when the interruption is over."),
    ),
    "just_resumed": (
        N_("Calls have only just resumed"),
        N_("Give whoever was called before it two minutes to come back."),
    ),
    "services_paused": (
        N_("These services are paused now"),
        N_("You can book a visit for another time. Whoever has a ticket keeps their place."),
    ),
    "services_paused/alert": (
        N_("Calls are stopped: there is an alert"),
        N_("Please go to a safe place. Whoever has a ticket keeps their place."),
    ),
    "already_interrupted": (
        N_("Calls are stopped already"),
        N_("End that interruption first, or leave it as it is."),
    ),
    "interrupted_anew": (
        N_("Calls have been stopped again since then"),
        N_("Calls go on when the newer interruption is over."),
    ),
    "unknown_interruption": (
        N_("There is no such interruption"),
        N_("Load the page again to see how things stand now."),
    ),
    "unknown_kind": (
        N_("There is no such kind of interruption"),
        N_("Choose an alert, a power cut, systems that are down, or another reason."),
    ),
    "bad_delay": (
        N_("This delay is not possible"),
        N_("Enter 0 to %(limit)s minutes."),
    ),
    "not_a_device": (
        N_("This device is not registered"),
        N_("It shows a code: ask a supervisor to confirm it."),
    ),
    "not_a_kiosk": (
        N_("This device is not a kiosk"),
        N_("Only a kiosk can issue tickets."),
    ),
    "no_printer": (
        N_("There is no ticket printer here"),
        N_("The number and the code on the screen are the ticket."),
    ),
    "too_many_reprints": (
        N_("This ticket has been printed often enough"),
        N_("The number and the code on the screen are the ticket."),
    ),
    "tickets_ended/group": (
        N_("There are not enough tickets left today for all of you"),
        N_("Fewer of you may still get one: choose again how many come, or ask the staff."),
    ),
    "tickets_ended": (
        N_("No more tickets are given for this today"),
        N_("You can book a visit for another day."),
    ),
    "leaves_people": (
        N_("Somebody would be left without a desk"),
        N_("Nobody else gives all that these people come for. Serve or move them first."),
    ),
    "clerk_needed": (
        N_("Choose who works at the desk"),
        N_("A closed desk is opened for a clerk of the branch."),
    ),
    "clerk_elsewhere": (
        N_("This person works at another branch"),
        N_("Choose a clerk of this branch."),
    ),
    "unknown_skill": (
        N_("There is no such skill"),
        N_("Choose skills from the list."),
    ),
    "no_skill": (
        N_("No skill is chosen"),
        N_("Choose at least one, or go back to the plan."),
    ),
    "bad_limit": (
        N_("This number of tickets is not possible"),
        N_("Choose a number from 0 to %(most)s."),
    ),
    "unknown_outcome": (
        N_("There is no such outcome"),
        N_("Load the page again and choose one of the list."),
    ),
    "note_too_long": (
        N_("The note is too long"),
        N_("Say it in %(limit)s characters."),
    ),
    "no_right": (
        N_("This ticket claims no right to go first"),
        N_("There is no document to ask for."),
    ),
    "break_to_be_asked": (
        N_("Breaks are granted here"),
        N_("Ask for the break: the supervisor sees it at once."),
    ),
    "no_break_asked": (
        N_("No break is asked for any more"),
        N_("The clerk has taken it back, or it was answered already."),
    ),
}
