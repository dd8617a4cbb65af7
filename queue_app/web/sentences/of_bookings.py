"""Bookings, what is held for somebody, the waiting list, and coming with a code."""

from collections.abc import Mapping

from queue_app.texts.words import N_

OF_BOOKINGS: Mapping[str, tuple[str, str]] = {
    "appointment_changed": (
        N_("The booking has changed in the meantime"),
        N_("Look at how it stands now and decide again."),
    ),
    "already_checked_in": (
        N_("You have already checked in"),
        N_("Wait for your number on the board."),
    ),
    "visit_over": (
        N_("This visit is over"),
        N_("Take a new ticket, or book a new visit."),
    ),
    "unknown_code": (
        N_("There is no booking with this code for today"),
        N_("Check the six digits of the confirmation. Or take a ticket."),
    ),
    "plans_changed": (
        N_("The centre has changed its plans: this time is no more"),
        N_("Choose another time."),
    ),
    "people_are_booked": (
        N_("People with a booking would be left without a place"),
        N_("Look at the list, then apply the files with --accept."),
    ),
    "unknown_booking": (
        N_("There is no such booking in this branch"),
        N_("Open the list of bookings to settle again."),
    ),
    "already_settled": (
        N_("This booking is settled already"),
        N_("Nothing more is to be done."),
    ),
    "other_day": (
        N_("This booking is for another day"),
        N_("Come on the day of your booking, or take a ticket now."),
    ),
    "slot_taken": (
        N_("This time has just been taken"),
        N_("Choose another time: here are the nearest free ones."),
    ),
    "does_not_fit": (
        N_("These services do not fit into your time"),
        N_("Your booking stays as it is. Choose another time: here are the nearest free ones."),
    ),
    "hold_expired": (
        N_("The time was not confirmed and is free again"),
        N_("Choose a time once more."),
    ),
    "extended_enough": (
        N_("This time has been held for as long as it can be"),
        N_("Finish the booking now. If the time runs out, we try to take it again for you."),
    ),
    "too_late_to_extend": (
        N_("This time comes too soon to be held longer"),
        N_("Finish the booking now, or choose a later time."),
    ),
    "no_hall_code": (
        N_("Here one checks in at the kiosk"),
        N_("At the kiosk, show the QR code or enter the code of your booking."),
    ),
    "wrong_hall_code": (
        N_("This is not the code of the hall"),
        N_("Enter the four digits that the board in the hall shows now."),
    ),
    "other_branch_booking": (
        N_("This booking is for another branch"),
        N_("Go to the branch of your booking, or take a ticket here."),
    ),
    "appointment_state": (
        N_("The booking’s state does not allow this"),
        N_("Look at how it stands now and decide again."),
    ),
    "not_booked": (
        N_("There is no booking for a calendar here"),
        N_("A time that is only held is not booked yet. Finish the booking first."),
    ),
    "too_late_to_change": (
        N_("It is too late to change this booking"),
        N_("Its time has come. If you cannot come, just book again."),
    ),
    "bad_contact": (
        N_("Check your name and contact"),
        N_("Correct the fields that are named."),
    ),
    "contact_unsure": (
        N_("Is this really your address?"),
        N_("Check the fields that are named. If all is right, send it once more."),
    ),
    "already_booked": (
        N_("This time is booked already, with another name or contact"),
        N_("Nothing was changed. On the booking’s page you can change the contact."),
    ),
    "overlapping_bookings": (
        N_("This contact has another booking at that time"),
        N_("If that is right, book once more."),
    ),
    "contact_unproven": (
        N_("This contact must be proven first"),
        N_("We send a code to it. Enter the code, then book."),
    ),
    "too_many_holds": (
        N_("Too many times are held from your address"),
        N_("Finish or give back what you hold, or wait a few minutes."),
    ),
    "enough_holds": (
        N_("This browser holds as many times as it may"),
        N_("Finish one of these bookings, or free a time that you do not need."),
    ),
    "too_many_from_address": (
        N_("Too much was asked for from your address today"),
        N_("Try tomorrow, from another network, or call us."),
    ),
    "too_many_wrong_codes": (
        N_("Too many wrong codes were tried here"),
        N_("Wait a minute and check the code. Or take a ticket."),
    ),
    "too_early": (
        N_("It is too early to check in"),
        N_("Come back nearer to the time of your booking."),
    ),
    "too_many_codes": (
        N_("Too many codes were sent to this contact"),
        N_("Wait an hour, or give another contact."),
    ),
    "wrong_code": (
        N_("This is not the code"),
        N_("Check the code and enter it once more. Tries left: %(tries_left)s."),
    ),
    "code_expired": (
        N_("This code is not valid any more"),
        N_("Ask for another one."),
    ),
    "unknown_proof": (
        N_("This link leads nowhere"),
        N_("Ask for a code once more."),
    ),
    "no_such_time": (
        N_("There is no such time"),
        N_("Choose a time from those shown."),
    ),
    "no_such_time/no_offset": (
        N_("There is no such time"),
        N_("Name the time with its offset from UTC."),
    ),
    "no_such_time/past": (
        N_("This time has passed"),
        N_("Choose a later one: here are the next that are free."),
    ),
    "no_such_time/too_near": (
        N_("This time is too near to be booked"),
        N_("Choose a later one. Or come at once and take a ticket in the live queue."),
    ),
    "no_such_time/not_yet_open": (
        N_("This day is not open for booking yet"),
        N_("It opens in the morning. Until then, these times are free."),
    ),
    "no_such_time/beyond_horizon": (
        N_("This day cannot be booked so long before"),
        N_("Choose a nearer day: here are the last that are free."),
    ),
    "no_such_time/closed_day": (
        N_("The branch is closed on this day"),
        N_("Choose another day: here are times before it and after it."),
    ),
    "no_such_time/closed_then": (
        N_("The branch is closed at this time"),
        N_("Choose another time: here are some before it and after it."),
    ),
    "no_such_time/off_grid": (
        N_("No visit begins at this minute"),
        N_("Choose another time: here are some before it and after it."),
    ),
    "no_such_time/nobody_then": (
        N_("Nobody gives these services at this time"),
        N_("Choose another time: here are some before it and after it."),
    ),
    "not_by_visit": (
        N_("Not all of these services are available in person"),
        N_("Choose other services or another way."),
    ),
    "not_by_phone": (
        N_("Not all of these services are available by phone"),
        N_("Choose other services or a personal visit."),
    ),
    "too_many_bookings": (
        N_("This contact already has as many bookings as possible"),
        N_("Up to %(limit)s at a time. Cancel one of them, or wait until one of them is over."),
    ),
    "no_waiting_list": (
        N_("There is no waiting list here"),
        N_("Choose a time from those that are free."),
    ),
    "wish_without_branch": (
        N_("Choose where it would suit you"),
        N_("One place or several."),
    ),
    "wish_days": (
        N_("No such day lies ahead"),
        N_("Choose days from today on, the last of them within three months."),
    ),
    "wish_hours": (
        N_("These hours are none"),
        N_("Choose the hour from which it suits, and a later one until which it does."),
    ),
    "too_many_wishes": (
        N_("This contact is on the waiting list already, as often as possible"),
        N_("Up to %(limit)s times. Leave the list for one of them first."),
    ),
    "wish_state": (
        N_("You are not on the waiting list any more"),
        N_("You can join it once more."),
    ),
    "wish_changed": (
        N_("This has just been changed"),
        N_("Load the page again to see how it stands now."),
    ),
    "offer_open": (
        N_("A time is held for you"),
        N_("Take it or decline it first."),
    ),
    "offer_over": (
        N_("This time is not held for you any more"),
        N_("You stay on the waiting list: we will write when another comes free."),
    ),
    "no_booking": (
        N_("This person has booked nothing"),
        N_("Nothing is sent to whoever takes a ticket, so there is nothing to correct."),
    ),
}
