/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A session that loses nothing, between one client and two nodes that share a store: attach, acknowledge, take over.
 *
 * The client dials up to LINKS links, each to either node. A link may break at any moment; what the client sent over it may arrive
 * late all the same. A node may be overtaken without noticing: it goes on until the store refuses it by its fence. What is checked:
 * the client receives 1, 2, 3 … without repeat or hole, the nodes accept the client's messages likewise, each request is started at
 * most once, nobody acknowledges what was not sent, and an attempt that came late takes the session from nobody.
 */
#define LINKS 3
#define ROOM 2
#ifndef DOWN
#define DOWN 2
#endif
#ifndef UP
#define UP 2
#endif
#define NONE 255

mtype = { connect, answer, counted, ack }

/* The store: what both nodes see, changed in steps that nothing interrupts. */
byte owner = 0;
byte fence = 1;
byte attempt = 0;        /* the highest that was accepted */
byte out = 0;            /* messages for the client, appended before they are sent */
byte outAcked = 0;       /* those that it has */
byte in = 0;             /* messages of the client that were accepted */
byte begun = 0;          /* those whose handler was let start */
byte starts[UP + 1];     /* how often each really started */

/* Links: `left` once the client listens no more, `gone` once nothing can come of it. */
chan up[LINKS] = [ROOM] of { mtype, byte, byte };
chan down[LINKS] = [ROOM] of { mtype, byte, byte };
bool left[LINKS];
bool gone[LINKS];
byte nodeOf[LINKS];

/* The client. */
byte links = 0;
byte current = NONE;
byte received = 0;
byte said = 0;
byte saidAcked = 0;

inline serve(i) {
    atomic { !gone[i] && nodeOf[i] == me && nempty(up[i]) ->
        up[i]?m, a, b;
        if
        :: m == connect && a <= attempt -> gone[i] = true    /* superseded */
        :: m == connect && a > attempt ->
            assert(b <= out);
            attempt = a;
            if
            :: owner != me || mine != fence -> fence++; owner = me; mine = fence
            :: else
            fi;
            if
            :: b > outAcked -> outAcked = b
            :: else
            fi;
            if
            :: link != NONE && link != i -> gone[link] = true
            :: else
            fi;
            link = i;
            cursor = outAcked;
            down[i]!answer(in, 0)
        :: m == counted && mine != fence -> gone[i] = true   /* it was overtaken, and learns it now */
        :: m == counted && mine == fence ->
            assert(a <= in + 1);
            if
            :: a == in + 1 -> in = a
            :: else
            fi
        :: m == ack && mine == fence ->
            assert(a <= out);
            if
            :: a > outAcked -> outAcked = a
            :: else
            fi
        :: m == ack && mine != fence -> gone[i] = true
        fi;
        a = 0;
        b = 0 }
}

proctype Node(byte me) {
    mtype m;
    byte mine = 1 - me;  /* the fence it believes in: the session was opened on node 0 */
    byte link = NONE;    /* the link that it serves the session over */
    byte cursor = 0;
    byte a, b;
end:
    do
    :: serve(0)
    :: serve(1)
    :: serve(2)
    /* The store lets one start a request, and only who was not overtaken. */
    :: atomic { mine == fence && owner == me && begun < in ->
           begun++;
           starts[begun]++;
           assert(starts[begun] == 1) }
    /* Sends what the store has, also when it was overtaken and does not know. */
    :: atomic { link != NONE && !gone[link] && cursor < out && nfull(down[link]) ->
           cursor++;
           down[link]!counted(cursor, in) }
    /* The application speaks. */
    :: atomic { mine == fence && owner == me && out < DOWN -> out++ }
    od
}

inline take(i) {
    down[i]?m, a, b;
    if
    :: m == answer ->
        assert(a <= said);
        if
        :: current != NONE && current != i -> left[current] = true
        :: else
        fi;
        current = i;
        /* Everything that the nodes do not have, again. */
        k = a + 1;
        do
        :: k <= said && len(up[i]) < ROOM -> up[i]!counted(k, 0); k++
        :: else -> break
        od;
        k = 0
    :: m == counted ->
        assert(b <= said);
        assert(a <= received + 1);
        if
        :: a == received + 1 -> received = a
        :: else
        fi
    fi;
    a = 0;
    b = 0
}

proctype Client() {
    mtype m;
    byte a, b, k;
end:
    do
    /* Dials one of the nodes; after a loss, or to move, when the link in use is left only for the answer. */
    :: atomic { links < LINKS ->
           if
           :: nodeOf[links] = 0
           :: nodeOf[links] = 1
           fi;
           if
           :: current != NONE -> left[current] = true; current = NONE
           :: true
           fi;
           if
           :: links > 0 && links - 1 != current -> left[links - 1] = true
           :: else
           fi;
           up[links]!connect(links + 1, received);
           links++ }
    :: atomic { links > 0 && !left[links - 1] && nempty(down[links - 1]) -> take(links - 1) }
    :: atomic { current != NONE && current + 1 != links && !left[current] && nempty(down[current]) -> take(current) }
    :: atomic { current != NONE && said < UP && nfull(up[current]) -> said++; up[current]!counted(said, 0) }
    :: atomic { current != NONE && received > outAcked && nfull(up[current]) -> up[current]!ack(received, 0) }
    od
}

init { atomic { run Node(0); run Node(1); run Client() } }
