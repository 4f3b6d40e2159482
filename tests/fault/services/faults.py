"""What is done to a service. Each takes the service, how long, and `wait(seconds)`, and returns when the harm is undone."""


def kill9(service, seconds, wait):
    service.kill()
    wait(seconds * 0.6)
    service.start()
    wait(seconds * 0.4)


def stop30(service, seconds, wait):
    del seconds
    _stop(service, 30, wait)


def stop(service, seconds, wait):
    """As stop30, for tests that must be short."""
    _stop(service, seconds, wait)


def _stop(service, seconds, wait):
    service.pause()
    try:
        wait(seconds)
    finally:
        service.resume()


def restart(service, seconds, wait):
    for _ in range(3):
        service.stop()
        service.start()
        wait(seconds / 3)


def reset(service, seconds, wait):
    for _ in range(max(1, int(seconds / 0.1))):
        service.relay.reset()
        wait(0.05)
        service.relay.close()
        wait(0.05)


def down(service, seconds, wait):
    service.relay.down()
    try:
        wait(seconds)
    finally:
        service.relay.flow()


def full_disk(service, seconds, wait):
    service.disk.fill()
    try:
        wait(seconds / 2)
        service.need_space()
        wait(seconds / 2)
    finally:
        service.disk.free()
        service.ensure_runs()


def latency500(service, seconds, wait):
    service.relay.delay(500)
    try:
        wait(seconds)
    finally:
        service.relay.flow()


def stall(service, seconds, wait):
    service.relay.stall()
    try:
        wait(seconds)
    finally:
        service.relay.flow()


def rubbish(service, seconds, wait):
    try:
        for answer in service.rubbish:
            service.relay.garble(answer)
            wait(seconds / len(service.rubbish))
    finally:
        service.relay.flow()


def cut_short(service, seconds, wait):
    lengths = (1, 5, 40, 300, 3000)
    for length in lengths:
        service.relay.cut(length)
        try:
            wait(seconds / len(lengths))
        finally:
            service.relay.flow()


def kill_sessions(service, seconds, wait):
    """Of PostgreSQL."""
    for _ in range(max(1, int(seconds / 0.3))):
        service.kill_session()
        wait(0.3)


def full_memory(service, seconds, wait):
    """Of Redis."""
    service.fill_memory()
    try:
        wait(seconds)
    finally:
        service.free_memory()


OF_ALL = (kill9, stop30, restart, reset, full_disk, latency500, stall, down, rubbish, cut_short)
CELLS = {"postgresql": (*OF_ALL, kill_sessions), "redis": (*OF_ALL, full_memory), "s3": OF_ALL}
# What the normal tier has time for.
SHORT_CELLS = {"postgresql": (kill9, reset, stall), "redis": (kill9, stop)}
