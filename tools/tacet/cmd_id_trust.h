/* Those of the commands below `tacet id` that work on contacts. */
#ifndef TACET_TOOL_CMD_ID_TRUST_H
#define TACET_TOOL_CMD_ID_TRUST_H

int tacet_cmd_id_trust(int argc, char **argv);
int tacet_cmd_id_verify(int argc, char **argv);
int tacet_cmd_id_forget(int argc, char **argv);
int tacet_cmd_id_number(int argc, char **argv);

#endif
