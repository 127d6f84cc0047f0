using Handoff.Cli.Terminal;
using Handoff.Cli.Verbs;
using Handoff.Reports.Text;

namespace Handoff.Cli;

/// <summary>From a command line to an exit code.</summary>
internal static class Application
{
    /// <summary>Reads the command line and runs its verb.</summary>
    public static ExitCode Run(IReadOnlyList<string> args, Session session)
    {
        try
        {
            var line = new CommandLineReader();
            var arguments = line.Parse(args);
            if (arguments.GetValue(line.Version))
            {
                session.Out.Write($"handoff {ProgramVersion.Text}\n");
                return ExitCode.AsExpected;
            }

            if (arguments.GetValue(line.Plain))
                session = session.AsPlain();
            var verb = arguments.CommandResult.Command as Verb;
            if (arguments.GetValue(line.Help))
            {
                HelpWriter.Write(session.OutInk, session.Width, line, verb);
                return ExitCode.AsExpected;
            }

            CommandLineReader.ThrowIfWrong(arguments, args);
            if (verb is null)
            {
                HelpWriter.WriteWelcome(session.OutInk, session.Width, line);
                return ExitCode.AsExpected;
            }

            return verb.Run(arguments, session);
        }
        catch (UserErrorException problem)
        {
            Report(session, problem.Message, problem.Hint);
            return problem.Code;
        }
        catch (Exception problem) when (Environment.GetEnvironmentVariable("HANDOFF_DEBUG") is not { Length: > 0 })
        {
            Report(session, $"this is a bug: {problem.GetType().Name}: {problem.Message}", "run again with HANDOFF_DEBUG=1 for the details, and report them");
            return ExitCode.Internal;
        }
    }

    private static void Report(Session session, string message, string? hint)
    {
        session.Out.Flush(); // what was found before comes first, where both go to one place
        session.ErrorInk.Write("handoff: ", Tone.Bad).WriteLine(message);
        if (hint is not null)
            session.ErrorInk.Write("  hint: ", Tone.Muted).WriteLine(hint);
    }
}
