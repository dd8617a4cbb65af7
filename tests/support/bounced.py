"""Mails as servers send them back."""

from email.message import EmailMessage, Message
from email.policy import SMTP

NOT_KNOWN = "smtp; 550 5.1.1 <olena@example.com>: user unknown"


def report(
    to: str,
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = NOT_KNOWN,
    returned: bytes = b"Subject: Your booking\r\n\r\nYou are booked.\r\n",
) -> bytes:
    """As Postfix writes one to the return path `to`."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Mail Delivery System <MAILER-DAEMON@mx.example.com>"
    mail["To"] = to
    mail["Subject"] = "Undelivered Mail Returned to Sender"
    mail["Auto-Submitted"] = "auto-replied"
    mail.make_mixed()
    words = EmailMessage(policy=SMTP)
    words.set_content("I'm sorry to have to inform you that your message could not be delivered.")
    mail.attach(words)
    mail.attach(_status(action, status, diagnostic))  # type: ignore[arg-type]
    back = EmailMessage(policy=SMTP)
    back["Content-Type"] = "text/rfc822-headers"
    back.set_payload(returned.decode())
    mail.attach(back)
    mail.replace_header("Content-Type", "multipart/report; report-type=delivery-status")
    return mail.as_bytes()


def _status(action: str, status: str, diagnostic: str) -> Message:
    whole = Message(policy=SMTP)
    whole["Reporting-MTA"] = "dns; mx.example.com"
    one = Message(policy=SMTP)
    one["Final-Recipient"] = "rfc822; olena@example.com"
    one["Action"] = action
    one["Status"] = status
    if diagnostic:
        one["Diagnostic-Code"] = diagnostic
    part = Message(policy=SMTP)
    part["Content-Type"] = "message/delivery-status"
    part.set_payload([whole, one])
    return part


def out_of_office(to: str) -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "olena@example.com"
    mail["To"] = to
    mail["Subject"] = "Automatic reply: Your booking"
    mail["Auto-Submitted"] = "auto-replied"
    mail.set_content("I am on holiday. Status: 5.1.1 Action: failed")
    return mail.as_bytes()
