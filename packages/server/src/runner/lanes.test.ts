// The places of queued effects: one peer takes a few of them, and one that fails takes two.
import { describe, expect, it } from 'vitest';
import { createLanes, MOST_QUEUED } from './lanes.js';

describe('lanes', () => {
  it('have so many places each, which come back', () => {
    const lanes = createLanes();
    for (let i = 0; i < MOST_QUEUED.lane; i++) lanes.enter('a');
    expect([lanes.laneRoom('a'), lanes.laneRoom('b'), lanes.room()]).toEqual([0, MOST_QUEUED.lane, MOST_QUEUED.all - MOST_QUEUED.lane]);
    lanes.leave('a', undefined);
    expect([lanes.laneRoom('a'), lanes.room()]).toEqual([1, MOST_QUEUED.all - MOST_QUEUED.lane + 1]);
  });

  it('shrink where the last try failed, and grow where one is taken', () => {
    const lanes = createLanes();
    for (let i = 0; i < MOST_QUEUED.lane; i++) lanes.enter('a');
    lanes.leave('a', false);
    expect(lanes.laneRoom('a')).toBeLessThan(0);
    for (let i = 1; i < MOST_QUEUED.lane; i++) lanes.leave('a', false);
    expect(lanes.laneRoom('a')).toBe(MOST_QUEUED.failing);
    lanes.enter('a');
    lanes.leave('a', undefined);
    expect(lanes.laneRoom('a')).toBe(MOST_QUEUED.failing);
    lanes.enter('a');
    lanes.leave('a', true);
    expect(lanes.laneRoom('a')).toBe(MOST_QUEUED.lane);
  });

  it('have no room once there is none in all', () => {
    const lanes = createLanes();
    for (let i = 0; i < MOST_QUEUED.all; i++) lanes.enter(`lane ${i}`);
    expect([lanes.room(), lanes.laneRoom('another')]).toEqual([0, 0]);
  });
});
