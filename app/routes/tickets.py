"""One-time tickets, for the GETs of document 0 that start something."""

from dataclasses import dataclass

from fastapi import APIRouter, Request

from app.door import TICKET_S, Tickets

router = APIRouter()


@dataclass(frozen=True)
class Ticket:
    """Good once, as `?ticket=`, within `seconds`."""

    ticket: str
    seconds: float


@router.post("/api/tickets", status_code=201)
def give_ticket(request: Request) -> Ticket:
    """A page that wants to open `/api/finetune/run` or `/api/benchmark/run` asks for one first."""
    box: Tickets = request.app.state.tickets
    return Ticket(box.give(), TICKET_S)
