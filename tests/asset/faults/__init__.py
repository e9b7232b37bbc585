"""`hubtool pull` against a server that does everything wrong that a server can do.

All of it goes through the command line, over real sockets on loopback. `server` gives the scripted answers, `client`
makes the card, runs the command and checks what holds after every run, however it ended.
"""
