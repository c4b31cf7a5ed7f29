"""What was recorded arrives: kept on disk first, then sent to every account that receives.

    queue.py       the queue as the rest of trayapp sees it; start here
    rows.py        what goes in and comes out, and the seal by which damage is noticed
    statements.py  what it does within one transaction
    database.py    transactions on one SQLite file that several processes write, and errors
    files.py       its files
    schema.py      its tables
    salvage.py     what can be read of a damaged file, in a new one
    leaf_pages.py  rows out of the bytes of a file that SQLite cannot read any more
    recorder.py    what cannot be written now is kept in memory
    sender.py      the queue goes to every account, each on a thread of its own
    account_sender.py  the pace of one of them
    round.py       what to send next, and which heartbeat a server will never take
    outcomes.py    what a server's answer means
    seams.py       what sending works with, and what it tells

This module imports none of them, so that naming the room costs nothing.
"""
