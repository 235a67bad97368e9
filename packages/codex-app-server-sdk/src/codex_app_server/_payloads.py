"""Protocol types under the names that programs for the original SDK use."""

from __future__ import annotations

from codex_app_server.protocol import TurnCompletedNotification as TurnCompletedNotificationPayload

__all__ = ["TurnCompletedNotificationPayload"]
