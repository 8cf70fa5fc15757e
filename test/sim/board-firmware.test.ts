import { beforeEach, describe, expect, test } from 'vitest';
import { encodeFrame } from '../../src/link/frame-codec.ts';
import { begin, Bench, configCrc, hex, outputs, vectors, wireOf } from './board-bench.ts';

let bench: Bench;
beforeEach(() => { bench = new Bench(); });

describe('the worked session of the protocol document', () => {
  test('is spoken byte by byte', async () => {
    const { host, clock, wires } = bench;
    const say = (name: string): void => bench.board.stream.receive(wireOf(name));
    const expectHeard = (name: string): void => expect(wires, name).toContain(hex(wireOf(name)));
    host.session = 0x5a;
    for (const name of ['hello', 'config-begin', 'config-output-0', 'config-output-3', 'config-commit', 'host-ack', 'heartbeat']) say(name);
    for (const name of ['hello-reply', 'first-state', 'config-result', 'configured-state', 'heartbeat-reply']) expectHeard(name);
    say('arm');
    expectHeard('armed-state');
    await clock.advanceMs(20);
    expectHeard('belt-sample');
    host.acknowledge();
    say('fire');
    expectHeard('fire-result');
    // The command waits 1.23 s; the bare host says the heartbeats that keep the board armed.
    host.seq = 6;
    await bench.run(1240);
    expectHeard('fired');
    say('fire-late');
    expectHeard('fire-late-result');
  });

  test('a restarted board says who it is', () => {
    const frame = vectors.frames.find(({ name }) => name === 'banner')!;
    bench.board.restart('watchdog');
    // The boot id of the page's banner is one more than that of its hello, as after one restart; the cause is the page's.
    expect(frame.wire).toContain('02 EE FF C0');
    expect(bench.host.last('hello.reply')).toMatchObject({ version: 0, nonce: 0, bootId: 0xc0ffee02, resetCause: 'watchdog' });
    expect(bench.host.heard.at(-1)!.session).toBe(0);
  });

  test('answers valid frames without a session with one banner per 100 ms', async () => {
    for (let frame = 0; frame < 5; frame++) bench.host.acknowledge();
    expect(bench.host.all('hello.reply')).toHaveLength(1);
    await bench.clock.advanceMs(100);
    bench.host.acknowledge();
    expect(bench.host.all('hello.reply')).toHaveLength(2);
  });

  test('damaged blocks are thrown away and answered with one nak per 10 ms, only in a session', async () => {
    for (const { wire } of vectors.invalid) bench.board.stream.receive(Buffer.from(wire.replaceAll(' ', ''), 'hex'));
    expect(bench.host.heard).toEqual([]);
    bench.configure();
    for (const { wire } of vectors.invalid) bench.board.stream.receive(Buffer.from(wire.replaceAll(' ', ''), 'hex'));
    expect(bench.host.all('board.nak')).toHaveLength(1);
    expect(bench.board.stream.framesInvalid).toBe(2 * vectors.invalid.length);
    await bench.clock.advanceMs(10);
    bench.board.stream.receive(Buffer.from(vectors.invalid[0]!.wire.replaceAll(' ', ''), 'hex'));
    expect(bench.host.all('board.nak')).toHaveLength(2);
  });
});

describe('session', () => {
  test('a repeated hello changes nothing, a new nonce ends everything', () => {
    bench.arm();
    bench.fire({ commandId: 1, fireAtCount: 101_000 });
    bench.host.say({ kind: 'hello.ask', minVersion: 1, maxVersion: 1, nonce: 77 });
    expect(bench.board.machine.state).toBe('armed');
    expect(bench.board.machine.queueFree).toBe(31);
    bench.host.hello(78);
    expect(bench.board.machine.state).toBe('safe');
    expect(bench.board.machine.queueFree).toBe(32);
    expect(bench.host.last('board.state')).toMatchObject({ state: 'safe', cause: 'host-request', configCrc: 0 });
    expect(bench.host.heard.filter(({ message }) => message.kind === 'board.state').at(-1)!.seq).toBe(0);
    bench.host.say({ kind: 'board.arm' });
    expect(bench.code).toBe('not-configured');
  });

  test('a repeated hello is answered in its own session number, which does not become the session\'s', () => {
    bench.arm();
    const { session } = bench.board.stream;
    bench.host.session = session + 1;
    bench.host.say({ kind: 'hello.ask', minVersion: 1, maxVersion: 1, nonce: 77 });
    expect(bench.host.heard.at(-1)).toMatchObject({ session: session + 1, message: { kind: 'hello.reply', version: 1, nonce: 77 } });
    expect(bench.board.stream.session).toBe(session);
  });

  test('a hello in session 0, or with nonce or version 0, is thrown away without an answer', () => {
    const heard = bench.host.heard.length;
    // A sender's own table would refuse these: bytes as they would come.
    for (const [session, payload] of [[0, [1, 1, 9, 0, 0, 0]], [5, [1, 1, 0, 0, 0, 0]], [5, [0, 1, 9, 0, 0, 0]], [5, [1, 0, 9, 0, 0, 0]]] as const) {
      bench.board.stream.receive(encodeFrame({ id: 1, session, seq: 0, ack: 0, payload: Uint8Array.from(payload) }));
    }
    expect(bench.host.heard).toHaveLength(heard);
    expect(bench.board.stream.session).toBe(0);
    expect(bench.board.stream.counters.framesForeign).toBe(4);
  });

  test('another version is refused and ends the session', () => {
    bench.arm();
    bench.board.speakVersions(2, 3);
    bench.host.hello(78);
    expect(bench.host.heard.at(-1)!.session).toBe(bench.host.session);
    expect(bench.host.last('hello.reply')).toMatchObject({ version: 0, minVersion: 2, maxVersion: 3, nonce: 78 });
    expect(bench.board.stream.session).toBe(0);
    expect(bench.board.machine.state).toBe('safe');
  });

  test('frames of another session are ignored', () => {
    bench.arm();
    bench.host.session = 0x11;
    bench.fire({ commandId: 1, fireAtCount: 101_000 });
    expect(bench.board.machine.queueFree).toBe(32);
    expect(bench.board.stream.counters.framesForeign).toBe(1);
  });

  test('a wrong configuration is refused with the board\'s own checksum', () => {
    bench.host.hello(1);
    for (const message of [begin, ...outputs]) bench.host.say(message);
    bench.host.say({ kind: 'config.commit', configCrc: 1 });
    expect(bench.host.last('request.result')).toMatchObject({ code: 'bad-config', detail: configCrc });
    bench.host.say(begin);
    bench.host.say(outputs[0]!);
    bench.host.say({ kind: 'config.commit', configCrc });
    expect(bench.code).toBe('bad-config');
    bench.host.say({ kind: 'board.arm' });
    expect(bench.code).toBe('not-configured');
  });

  test('configuration while armed is refused and changes nothing', () => {
    bench.arm();
    bench.host.say(begin);
    expect(bench.code).toBe('bad-request');
    expect(bench.board.machine.state).toBe('armed');
  });

  test('unacknowledged reports are sent again, in order, until acknowledged', async () => {
    bench.configure();
    const before = bench.wires.length;
    bench.host.say({ kind: 'board.arm' });
    const [result, state] = [bench.wires[before], bench.wires[before + 1]];
    await bench.clock.advanceMs(120);
    expect(bench.wires.filter((wire) => wire === state)).toHaveLength(3);
    expect(bench.wires.filter((wire) => wire === result)).toHaveLength(3);
    bench.host.acknowledge();
    const sent = bench.wires.length;
    await bench.clock.advanceMs(120);
    expect(bench.wires.slice(sent)).not.toContain(state);
  });

  test('a nak brings the missing frames at once', async () => {
    bench.arm();
    await bench.clock.advanceMs(15);
    bench.board.machine.setBinFull(2, true);
    const report = bench.wires.at(-1)!;
    bench.host.ack -= 1;
    const again = (): number => bench.wires.filter((wire) => wire === report).length - 1;
    // What was sent just now may still be under way.
    bench.host.say({ kind: 'host.nak', kept: 0 });
    expect(again()).toBe(0);
    await bench.clock.advanceMs(10);
    bench.host.say({ kind: 'host.nak', kept: 0 });
    bench.host.say({ kind: 'host.nak', kept: 0 });
    expect(again()).toBe(1);
  });

  test('a request that finds no room for its result has not arrived', () => {
    bench.configure();
    const { host } = bench;
    const unheard = host.ack;
    const sayUnheard = (): void => { host.ack = unheard; host.say({ kind: 'fire.cancelAll' }); };
    for (let request = 0; request < 8; request++) sayUnheard();
    expect(bench.board.stream.counters.requestsDeferred).toBe(0);
    sayUnheard();
    expect(bench.board.stream.counters.requestsDeferred).toBe(1);
    // The host hears at last, and repeats what was never acknowledged.
    host.ack = (unheard + 8) & 0xff;
    host.say({ kind: 'fire.cancelAll' }, (host.seq - 1) & 0xff);
    expect(host.last('request.result')!.requestSeq).toBe((host.seq - 1) & 0xff);
  });
});
