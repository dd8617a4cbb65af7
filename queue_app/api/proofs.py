"""Residents prove a contact by a code, and see whatever is booked with it."""

from litestar import get, post
from litestar.status_codes import HTTP_200_OK

from queue_app.api.visitor_shapes import NewProof, ProofAsked, ProofCode, ProofView
from queue_app.api.visitors import shown
from queue_app.domain.contacts import hidden_contact
from queue_app.flow import proving
from queue_app.flow.act import By
from queue_app.web.guards import right
from queue_app.web.limits import LOOK_UP


@post(
    "/proofs",
    operation_id="askForCode",
    opt=right("ask_code", LOOK_UP),
    summary="Send a code to a contact",
)
async def ask(data: NewProof, by: By) -> ProofAsked:
    asked = await proving.ask_code(by, data.contact, data.language)
    return ProofAsked(asked.token, hidden_contact(asked.contact), asked.expires_at)


@post(
    "/proofs/{proof:str}/codes",
    operation_id="proveContact",
    opt=right("try_code", LOOK_UP),
    status_code=HTTP_200_OK,
    summary="The code that came to the contact",
)
async def prove(proof: str, data: ProofCode, by: By) -> ProofView:
    await proving.prove(by, proof, data.code)
    return await _view(proof, by)


@get(
    "/proofs/{proof:str}",
    operation_id="proof",
    opt=right("see_proof"),
    summary="What is booked with a contact that was proven within the hour",
)
async def proven(proof: str, by: By) -> ProofView:
    return await _view(proof, by)


async def _view(proof: str, by: By) -> ProofView:
    contact = await proving.contact_of(proof, by.now)
    booked = await proving.booked_with(proof, by.now)
    return ProofView(hidden_contact(contact), tuple([await shown(one) for one in booked]))
