"""How printing a ticket ends where it does not end well."""

from queue_app.domain.paper import PrinterState


class NotBegun(Exception):
    """Nothing of it was sent: it may be tried again. `state`: what kept the printer from it."""

    def __init__(self, state: PrinterState) -> None:
        super().__init__(f"not begun: the printer is {state}")
        self.state = state


class CutShort(Exception):
    """It was begun and is not known to be done. `state`: how the printer stands."""

    def __init__(self, state: PrinterState) -> None:
        super().__init__(f"ended in mid-ticket: the printer is {state}")
        self.state = state
