"""Callers who post observations while the services are harmed, and what became of each post.

A post has several rows: they are there together or not at all. Nobody else posts the rows of a caller: of his POC, with a
value that counts up.
"""
import threading

SITE = "06-037-1103"
ROWS = 3  # of a post
PAUSE = 0.1  # between posts


class PostingCaller(threading.Thread):
    def __init__(self, server, poc):
        super().__init__()
        self._server = server
        self._poc = poc
        self._ends = threading.Event()
        self.acknowledged = []
        self.refused = []  # or unknown: the answer says that it may be tried again
        self.wrong = []

    def rows(self, post):
        return {"observations": [
            {"site_id": SITE, "pollutant": "NO2", "poc": self._poc, "date": f"2020-{1 + row:02}-01", "value": post}
            for row in range(ROWS)]}

    def post(self, post):
        answer = self._server.post("/v1/observations", self.rows(post))
        if answer.status == 200:
            self.acknowledged.append(post)
        elif answer.status in (503, 504):
            self.refused.append(post)
        else:
            self.wrong.append((post, answer.status, answer.body))
        return answer.status == 200

    def run(self):
        post = 0
        while not self._ends.is_set():
            self.post(post)
            post += 1
            self._ends.wait(PAUSE)

    def stop(self):
        self._ends.set()
        self.join()

    def post_again(self):
        """What was not acknowledged; each must be now."""
        again, self.refused = self.refused, []
        for post in again:
            self.post(post)

    def judge(self, stored):
        """What is wrong with what is stored ({(poc, value): (rows, days)}), a line each; and how many posts are there."""
        own = {post: rows for (poc, post), rows in stored.items() if poc == self._poc}
        faults = [f"post {post}: {own.get(post)} is there of what was acknowledged"
                  for post in self.acknowledged if own.get(post) != (ROWS, ROWS)]
        faults += [f"post {post}: a part is there, {rows}" for post, rows in own.items() if rows != (ROWS, ROWS)]
        faults += [f"post {post}: answered {status} {body!r}" for post, status, body in self.wrong]
        return faults, len(own)


def stored_posts(postgres, database):
    """How often each row of each post is there."""
    found = {}
    for line in postgres.query(
            database, "SELECT poc, value::integer, count(*), count(DISTINCT local_day) FROM observations"
                      " WHERE poc >= 10 GROUP BY 1, 2"):
        poc, post, rows, days = map(int, line.split("|"))
        found[poc, post] = (rows, days)
    return found
