"""Mails, what people say of them, and the queue in which they are asked for."""

from fastapi import APIRouter

router = APIRouter()
