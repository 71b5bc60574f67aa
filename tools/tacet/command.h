/* The commands of the tool. Each stands in its own cmd_NAME.c and is one row of the table in
 * main.c. `argc` and `argv` are what follows the command's name; the result is the exit status. */
#ifndef TACET_TOOL_COMMAND_H
#define TACET_TOOL_COMMAND_H

int tacet_cmd_ca(int argc, char **argv);
int tacet_cmd_call(int argc, char **argv);
int tacet_cmd_demo(int argc, char **argv);
int tacet_cmd_devices(int argc, char **argv);
int tacet_cmd_id(int argc, char **argv);
int tacet_cmd_listen(int argc, char **argv);
int tacet_cmd_sim(int argc, char **argv);
int tacet_cmd_version(int argc, char **argv);

#endif
