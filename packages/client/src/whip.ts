// Calls from a browser (WHIP): an SDP offer goes out, its answer comes back once the call is taken.
import type { RequestOptions, Transport } from './transport.js';

/** A STUN or TURN server, as `RTCPeerConnection` takes it. */
export type IceServer = { readonly urls: string; readonly username?: string; readonly credential?: string };
/** A call that is taken: its id, the SDP answer, and what the browser may use to get to the server. */
export type TakenCall = { readonly call_id: string; readonly sdp: string; readonly ice_servers: readonly IceServer[] };

/** The door of browsers (only where the server has it open). */
export function whipOf(transport: Transport) {
  return {
    /** Calls a number, or a flow by its id, with an offer of audio; the offer needs no candidates. */
    async call(destination: string, sdp: string, options?: RequestOptions): Promise<TakenCall> {
      const response = await transport.sdp(`/whip/${encodeURIComponent(destination)}`, sdp, options);
      return { call_id: response.headers.get('location')?.split('/').at(-1) ?? '', sdp: await response.text(), ice_servers: iceServersOf(response.headers.get('link') ?? '') };
    },
    /** Hangs up. With `keepalive` it is sent even if the page goes away meanwhile. */
    hangup: (call_id: string, options?: RequestOptions) => transport.json<{ readonly id: string }>('DELETE', `/whip/calls/${encodeURIComponent(call_id)}`, { options }),
  };
}

/** The servers of a `Link` header (RFC 9725 §4.6). */
function iceServersOf(header: string): readonly IceServer[] {
  return [...header.matchAll(/<([^>]*)>((?:\s*;\s*[a-z-]+="(?:[^"\\]|\\.)*")*)/g)].flatMap(([, urls = '', parameters = '']) => {
    const of = Object.fromEntries([...parameters.matchAll(/([a-z-]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = '', value = '']) => [name, value.replaceAll(/\\(.)/g, '$1')]));
    const { rel, username, credential } = of;
    return rel === 'ice-server' ? [{ urls, ...(username === undefined || credential === undefined ? {} : { username, credential }) }] : [];
  });
}
