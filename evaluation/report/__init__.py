"""The report: runs as a folder of static files that any browser shows, from disk or from a server.

``writing`` puts it together: ``contract`` says what the page is given, ``runs``, ``scores``, ``comparison``
and ``matrix`` fill it in, ``pictures`` makes thumbnails, ``folder`` keeps to its own files. ``page/`` holds
the page itself.
"""
