using Handoff.Cli;
using Handoff.Cli.Terminal;

return ProcessSession.Run(session => Application.Run(args, session));
