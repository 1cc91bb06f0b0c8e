"""Runs of the flow: start, watch, cancel; the schedule."""

from fastapi import APIRouter

router = APIRouter()
