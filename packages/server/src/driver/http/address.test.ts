import { describe, expect, it } from 'vitest';
import { inRange, parseAddress, parseRange, refusal } from './address.js';

describe('refusal', () => {
  it.each([
    // The edges of each block, inside.
    ['this network', ['0.0.0.0', '0.255.255.255']],
    ['private', ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255']],
    ['carrier-grade NAT', ['100.64.0.0', '100.127.255.255']],
    ['loopback', ['127.0.0.0', '127.0.0.1', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1', '::0.0.0.1']],
    ['cloud platform', ['168.63.129.16']],
    ['link-local', ['169.254.0.0', '169.254.169.254', '169.254.255.255', 'fe80::', 'febf:ffff::', 'fe80::1%eth0', 'FE80::1%1']],
    ['protocol assignments', ['192.0.0.0', '192.0.0.192', '192.0.0.255', '2001:1::', '2001:1ff:ffff::']],
    ['documentation', ['192.0.2.0', '192.0.2.255', '198.51.100.7', '203.0.113.7', '2001:db8::', '2001:db8:ffff::', '3fff::', '3fff:fff::']],
    ['6to4 relay', ['192.88.99.0', '192.88.99.255']],
    ['benchmarking', ['198.18.0.0', '198.19.255.255', '2001:2::', '2001:2:0:ffff::']],
    ['multicast', ['224.0.0.0', '239.255.255.255', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']],
    ['reserved', ['240.0.0.0', '255.255.255.254']],
    ['broadcast', ['255.255.255.255']],
    ['unspecified', ['::', '0::0', '::0.0.0.0']],
    ['IPv4-compatible', ['::2', '::127.0.0.1', '::ffff:ffff', '::8.8.8.8']],
    ['IPv4-mapped', ['::ffff:0:0', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::FFFF:7f00:1', '0:0:0:0:0:ffff:7f00:1']],
    ['IPv4-translated', ['::ffff:0:127.0.0.1']],
    ['NAT64', ['64:ff9b::', '64:ff9b::127.0.0.1', '64:ff9b::ffff:ffff', '64:ff9b:1::', '64:ff9b:1:ffff::1']],
    ['discard-only', ['100::', '100::ffff:ffff:ffff:ffff']],
    ['Teredo', ['2001::', '2001:0:ffff::']],
    ['ORCHID', ['2001:10::', '2001:1f::']],
    ['ORCHIDv2', ['2001:20::', '2001:2f::']],
    ['6to4', ['2002::', '2002:7f00:1::', '2002:ffff::']],
    ['6bone', ['3ffe::1']],
    ['segment routing', ['5f00::1']],
    ['unique local', ['fc00::', 'fd00:ec2::254', 'fdff:ffff::']],
    ['site-local', ['fec0::', 'feff:ffff::']],
    ['not global unicast', ['1::', '64:ff9a::', '64:ff9b:2::', '1fff:ffff::', '4000::', 'fbff::', 'fe00::', 'fe7f::']],
    ['not an IP address', ['', ' ', 'localhost', '127.1', '0x7f000001', '127.0.0.01', '1.2.3.4.5', '1.2.3', '8.8.8.8%1']],
    ['not an IP address', ['[::1]', ':::', '1::2::3', '::1%', '12345::', '1:2:3:4:5:6:7:8:9']],
  ])('%s', (kind, addresses) => {
    expect(addresses.map((address) => [address, refusal(address)?.kind])).toEqual(addresses.map((address) => [address, kind]));
  });

  it.each([
    // The neighbours of each block, outside.
    '1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0', '168.63.129.15',
    '168.63.129.17', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '191.255.255.255', '192.0.1.0', '192.0.3.0',
    '192.88.98.255', '192.88.100.0', '192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '198.51.99.255',
    '198.51.101.0', '203.0.112.255', '203.0.114.0', '223.255.255.255', '2000::', '2001:200::', '2001:db7:ffff::', '2001:db9::',
    '2003::', '2606:4700::1111', '3ffd::', '3fff:1000::',
  ])('nothing against %s', (address) => {
    expect(refusal(address)).toBeUndefined();
  });
});

describe('parseAddress and parseRange', () => {
  it('reads every spelling of an address as the same number', () => {
    const spellings = ['2001:db8::8:800:200c:417a', '2001:DB8:0:0:8:800:200C:417A', '2001:0db8:0000:0000:0008:0800:200c:417a'];
    spellings.push('2001:db8::8:800:32.12.65.122');
    expect(new Set(spellings.map((text) => parseAddress(text)?.value))).toEqual(new Set([0x20010db80000000000080800200c417an]));
  });

  it('keeps the families apart', () => {
    const range = parseRange('0.0.0.0/0')!;
    expect(inRange(parseAddress('8.8.8.8')!, range)).toBe(true);
    expect(inRange(parseAddress('::ffff:8.8.8.8')!, range)).toBe(false);
  });

  it.each([
    '10.0.0.1/8', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1', '10.0.0.0/ 8', '::/129', '2001:db8::1/32', 'x/8', '/8',
  ])('takes %s for no block', (text) => {
    expect(parseRange(text)).toBeUndefined();
  });

  it.each(['0.0.0.0/0', '10.0.0.0/8', '10.0.0.1/32', '10.0.0.1', '::/0', 'fd00::/8', '::1/128'])('takes %s for a block', (text) => {
    expect(parseRange(text)).toBeDefined();
  });
});
