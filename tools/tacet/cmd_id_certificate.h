/* tacet id request, tacet id add-certificate: rows of the table in cmd_id.c. */
#ifndef TACET_TOOL_CMD_ID_CERTIFICATE_H
#define TACET_TOOL_CMD_ID_CERTIFICATE_H

int tacet_cmd_id_request(int argc, char **argv);
int tacet_cmd_id_add_certificate(int argc, char **argv);

#endif
