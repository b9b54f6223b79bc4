"""The limit of open files, of which each connection is one."""

from __future__ import annotations

import resource

from connector_resources.errors import UnusableInput

# the ledger's connections, logs, calls to BILL, and what is closed but not yet given back
OF_OUR_OWN = 256


def make_room(connections: int) -> int:
    """Raise this process' limit of open files as far as so many connections need; what it is then. Raises UnusableInput
    where the system does not allow it."""
    needed = connections + OF_OUR_OWN
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return soft
    try:
        if hard != resource.RLIM_INFINITY and hard < needed:
            raise ValueError("beyond the hard limit")
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    except (ValueError, OSError):
        allowed = soft if hard == resource.RLIM_INFINITY else hard
        fewer = f", or set inbox.receivers to {allowed - OF_OUR_OWN} or less" if allowed > OF_OUR_OWN else ""
        raise UnusableInput(
            f"the inbox needs {needed} open files ({connections} connections and {OF_OUR_OWN} of its own), and the "
            f"system allows {allowed}: raise the hard limit (ulimit -Hn, LimitNOFILE= of a service, ulimits.nofile of "
            f"a container){fewer}"
        ) from None
    return needed
