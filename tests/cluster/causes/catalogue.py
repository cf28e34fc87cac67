"""All causes."""

from . import ended, refused, unscheduled, unstarted

CAUSES = (*unscheduled.CAUSES, *refused.CAUSES, *unstarted.CAUSES, *ended.CAUSES)
