import { describe, expect, it } from 'vitest';
import { createLink } from '../../src/link/host-link.ts';
import { linkTimingOptions } from '../../src/link/options.ts';
import { advanceUntil, bringUp, bringUpArmed, createRig, OUTPUTS } from './host-link-rig.ts';
import { FrameDecoder } from '../../src/link/frame-codec.ts';

const ahead = (rig: { board: { reading(): { atCount: number } } }, counts: number): number => rig.board.reading().atCount + counts;

describe('losing the board', () => {
  it('is noticed by silence, after 12 heartbeats', async () => {
    const rig = createRig();
    await bringUpArmed(rig);
    rig.cable.toBoard = () => undefined;
    rig.board.powerOff();
    await rig.clock.advanceMs(560);
    expect(rig.of('link.down')).toHaveLength(0);
    await rig.clock.advanceMs(140);
    expect(rig.of('link.down')[0]!.reason).toContain('no sign of life from the board for 12 heartbeats of 50 ms');
  });

  it('any frame is a sign of life', async () => {
    const rig = createRig();
    await bringUpArmed(rig);
    rig.board.answersHeartbeats = false;
    await rig.clock.advanceMs(3000);
    expect(rig.of('link.down')).toEqual([]);
  });

  it('unplugged and plugged in: recovers by itself, safe, with the same counts, not rebooted', async () => {
    const rig = createRig();
    await bringUpArmed(rig);
    const countsBefore = rig.of('belt.sample').at(-1)!.sample.counts;
    rig.cable.isPluggedIn = false;
    rig.cable.pull('cable pulled');
    await rig.clock.advanceMs(4000);
    rig.cable.isPluggedIn = true;
    rig.events.length = 0;
    expect(await advanceUntil(rig, 6000, () => rig.kinds().includes('link.up'))).toBe(true);
    expect(rig.of('link.up')[0]!.rebooted).toBe(false);
    expect(rig.of('board.state')).toEqual([{ kind: 'board.state', state: 'safe', cause: 'host-request' }]);
    await rig.clock.advanceMs(100);
    const countsAfter = rig.of('belt.sample')[0]!.sample.counts;
    expect(countsAfter).toBeGreaterThan(countsBefore + 4000 * 2);
    await rig.clock.advanceMs(3000);
    expect(rig.board.requests.filter(({ kind }) => kind === 'board.arm')).toHaveLength(1);
  });

  it('a board that resets is noticed by its banner, and told as rebooted with counts anew', async () => {
    const rig = createRig({ board: { startCount: 4_000_000_000 } });
    await bringUpArmed(rig);
    rig.events.length = 0;
    rig.reboot({ bootId: 99, startCount: 10 });
    await rig.clock.advanceMs(5);
    expect(rig.of('link.down').map(({ reason }) => reason)).toEqual(['the board restarted']);
    expect(await advanceUntil(rig, 2000, () => rig.kinds().includes('link.up'))).toBe(true);
    expect(rig.of('link.up')[0]).toMatchObject({ rebooted: true, hello: { bootId: 99 } });
    await rig.clock.advanceMs(100);
    expect(rig.of('belt.sample').at(-1)!.sample.counts).toBeLessThan(10_000);
    expect(rig.of('board.state')).toEqual([{ kind: 'board.state', state: 'safe', cause: 'boot' }]);
  });

  it('a reliable frame that cannot be read is not acknowledged, and its good copy is taken', async () => {
    const rig = createRig();
    await bringUp(rig);
    rig.board.sendRaw({ id: 0x93, payloadBytes: 3 });
    await rig.clock.advanceMs(2);
    rig.board.setState({ binFull: 1 });
    await rig.clock.advanceMs(5);
    expect(rig.of('board.sensor').at(-1)!.event).toEqual({ sensor: 'bin-full', output: 0, active: true });
    expect(rig.of('link.down')).toEqual([]);
  });

  it('a stream that damage brought out of step is noticed and begun anew', async () => {
    const rig = createRig();
    await bringUpArmed(rig);
    // An acknowledgement of a frame the board never got, as a damaged block with a lucky CRC could carry.
    const { toBoard } = rig.cable;
    rig.cable.toBoard = () => undefined;
    const lost = rig.link.schedule({ commandId: 1, output: 0, fireAtCounts: ahead(rig, 9000), holdMs: 40 });
    rig.board.acknowledgeFalsely();
    await rig.clock.advanceMs(5);
    rig.cable.toBoard = toBoard;
    const next = rig.link.schedule({ commandId: 2, output: 0, fireAtCounts: ahead(rig, 9000), holdMs: 40 });
    rig.events.length = 0;
    await rig.clock.advanceMs(2200);
    expect(rig.of('link.down').map(({ reason }) => reason)).toEqual(['the board has not acknowledged a message for 2000 ms']);
    expect(await Promise.all([lost, next])).toEqual([{ result: 'timed-out' }, { result: 'timed-out' }]);
    expect(await advanceUntil(rig, 2000, () => rig.kinds().includes('link.up'))).toBe(true);
    expect(rig.board.acceptedById.size).toBe(0);
  });

  it('a result nobody asked for ends the session', async () => {
    const rig = createRig();
    await bringUp(rig);
    rig.board.report({ kind: 'request.result', requestSeq: 77, code: 'ok', detail: 0 });
    await rig.clock.advanceMs(5);
    expect(rig.of('link.down')[0]!.reason).toContain('request 77, which was not asked');
  });

  it('stop closes the cable, says nothing, and leaves no timer acting', async () => {
    const rig = createRig();
    await bringUpArmed(rig);
    const pending = rig.link.schedule({ commandId: 1, output: 0, fireAtCounts: ahead(rig, 9000), holdMs: 40 });
    await rig.link.stop();
    expect(await pending).toEqual({ result: 'closed' });
    const { framesSent } = rig.link.stats;
    rig.events.length = 0;
    await rig.clock.advanceMs(20_000);
    expect(rig.events).toEqual([]);
    expect(rig.link.stats.framesSent).toBe(framesSent);
    expect(rig.cable.openCount).toBe(1);
  });
});

describe('the wire', () => {
  it('can be tapped: every byte both ways decodes without a damaged block', async () => {
    const { clock, cable, board } = createRig();
    const counts = { in: 0, out: 0 };
    const decoders = { in: new FrameDecoder({ onFrame: () => void counts.in++ }), out: new FrameDecoder({ onFrame: () => void counts.out++ }) };
    const { silentLogger } = await import('../../src/base/logger.ts');
    const { createRandom } = await import('../../src/base/random.ts');
    const link = createLink({
      clock, log: silentLogger, random: createRandom(1), transport: cable.host, outputs: OUTPUTS, options: linkTimingOptions.parse({}),
      sink: () => undefined, tap: (direction, bytes) => decoders[direction].push(bytes),
    });
    link.start();
    await clock.advanceMs(1000);
    expect(board.requests.length).toBe(4);
    expect(counts).toEqual({ in: link.stats.framesReceived, out: link.stats.framesSent });
    expect(decoders.in.framesInvalid + decoders.out.framesInvalid).toBe(0);
    await link.stop();
  });
});
