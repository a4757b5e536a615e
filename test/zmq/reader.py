"""Reads tradewire's feed over ZeroMQ and prints each event as a line of JSON. Usage: reader.py ENDPOINT TOPIC COUNT"""
import json, struct, sys
import zmq

HEADER = struct.Struct('<2sBBBBHQQIIQQ')  # magic, version, type, format, flags, header bytes, publisher, epoch, stream, body bytes, sequence, sent
HEAD = struct.Struct('<IHHII')            # dictionary version, names, 0, dictionary bytes, records
RECORD = struct.Struct('<BbHI')           # kind, a, name, b
LEVEL = struct.Struct('<BBHIddd')         # side, action, 0, 0, price, size, order id

def frames(socket, count):
    """Yields header and body of each data frame; says what is missing."""
    last = {}
    while count > 0:
        message = socket.recv()
        at = message.index(0) + 1
        magic, version, kind, body_format, flags, size, publisher, epoch, stream, body, sequence, sent = HEADER.unpack_from(message, at)
        assert magic == b'TW' and version == 1 and at + size + body == len(message)
        expected = last.get((publisher, epoch, stream), sequence - 1) + 1
        if kind == 2:      # heartbeat: the last number that was sent
            if sequence >= expected: print(json.dumps({'gap': [expected, sequence]}))
            last[publisher, epoch, stream] = max(sequence, expected - 1)
        elif sequence >= expected:
            if sequence > expected: print(json.dumps({'gap': [expected, sequence - 1]}))
            last[publisher, epoch, stream] = sequence
            yield message[:at - 1].decode(), body_format, message[at + size:]
            count -= 1

def records(body):
    """Events of a packed body."""
    _, names, _, dictionary, count = HEAD.unpack_from(body)
    ids, at = [], HEAD.size
    for _ in range(names):
        ids.append(body[at + 1:at + 1 + body[at]].decode())
        at += 1 + body[at]
    at = HEAD.size + dictionary
    for _ in range(count):
        kind, a, name, b = RECORD.unpack_from(body, at)
        instrument = None if name == 65535 else ids[name]
        doubles = lambda n: struct.unpack_from(f'<{n}d', body, at + 8)
        if kind == 1: yield at, ('quote', instrument, *doubles(6), b); at += 56
        elif kind == 2: yield at, ('trade', instrument, *doubles(5), a, b); at += 48
        elif kind == 3:
            levels = [LEVEL.unpack_from(body, at + 32 + 32 * level) for level in range(b)]
            yield at, ('book', instrument, a & 1, a >> 1 & 1, *doubles(3), [(l[0], l[1], *l[4:]) for l in levels]); at += 32 + 32 * b
        elif kind == 4: yield at, ('bar', instrument, *doubles(10), a); at += 88
        elif kind == 5: yield at, ('status', instrument, *doubles(1), a); at += 16
        else: yield at, ('note', instrument, *doubles(1), json.loads(body[at + 16:at + 16 + b])); at += 16 + (b + 7) // 8 * 8

if __name__ == '__main__':
    endpoint, topic, count = sys.argv[1:]
    socket = zmq.Context().socket(zmq.SUB)
    socket.set_hwm(100_000)
    socket.subscribe(topic.encode())
    socket.connect(endpoint)
    print('ready', flush=True)
    for name, body_format, body in frames(socket, int(count)):
        for event in [event for _, event in records(body)] if body_format == 3 else [json.loads(body)]:
            print(json.dumps(event), flush=True)
