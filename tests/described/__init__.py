"""What the vendors' pages say of requests, from the fact sheets (docs/vendors), and what holds ours against it.

Nothing here knows the clients or the sandbox: a reading that both share by mistake is one that only a third can tell.
"""
