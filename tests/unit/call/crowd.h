/*
 * Many callers and one callee, joined directly: what one polls the other gets at once. Time moves
 * only when a test says so.
 */
#ifndef TESTS_UNIT_CALL_CROWD_H
#define TESTS_UNIT_CALL_CROWD_H

#include "call/call.h"
#include "sim/rng.h"
#include "tacet/trust.h"

enum { CROWD = 14 };

/* One callee, and callers with identities of their own. */
struct crowd {
    struct tacet_rng rng;
    int64_t now;
    int mute;                                   /* whose CTRL is lost; or -1 */
    uint8_t host[CROWD + 1];                    /* where they are; several may be at one */
    struct tacet_trust_table *trust;            /* the callee's */
    struct tacet_identity *identity[CROWD + 1]; /* the last is the callee's */
    struct tacet_call *call[CROWD + 1];
    uint32_t incoming;               /* rings at the callee */
    uint32_t ringing_peer;           /* the last of them */
    uint32_t told_of;                /* any other event there */
    uint32_t rang[CROWD];            /* RINGING at the caller */
    enum tacet_end ended[CROWD + 1]; /* 0: not since it dialled */
    bool remote[CROWD];
};

struct crowd *crowd_create(int callers);
void crowd_free(struct crowd *c);
/* The callee has saved this one's key. */
void crowd_know(struct crowd *c, int who);
/* Hands packets over and polls events until nothing moves at this moment. */
void crowd_pump(struct crowd *c);
/* Moves time on in the steps that the timers ask for, pumping at each. */
void crowd_run(struct crowd *c, int64_t duration_us);
/* This one dials the callee, and all comes about that does at this moment. */
void crowd_dial(struct crowd *c, int who);
/* The callee dials this one, who does not hear of it yet. */
int crowd_dial_back(struct crowd *c, int who);

#endif
