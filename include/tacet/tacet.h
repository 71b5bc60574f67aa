/* All of the public interface. Each header also stands alone. */
#ifndef TACET_H
#define TACET_H

#include "tacet/address.h"
#include "tacet/api.h"
#include "tacet/audio.h"
#include "tacet/authority.h"
#include "tacet/ca.h"
#include "tacet/call.h"
#include "tacet/codec.h"
#include "tacet/error.h"
#include "tacet/event.h"
#include "tacet/frame.h"
#include "tacet/identity.h"
#include "tacet/picture.h"
#include "tacet/playout.h"
#include "tacet/random.h"
#include "tacet/runner.h"
#include "tacet/stats.h"
#include "tacet/store.h"
#include "tacet/ticket.h"
#include "tacet/transport.h"
#include "tacet/trust.h"
#include "tacet/video.h"

#endif
