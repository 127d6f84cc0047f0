using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Handoff.Cli.Terminal;

/// <summary>The session of this process: standard streams, signals, environment.</summary>
internal static class ProcessSession
{
    /// <summary>For tests: a directory in the place of <c>/</c>.</summary>
    internal const string RootVariable = "HANDOFF_SYSTEM_ROOT";

    private const int NarrowestTerminal = 40;
    private const int InterruptedTwice = 130; // what shells report for SIGINT

    /// <summary>Runs the program on the standard streams.</summary>
    /// <returns>The exit code.</returns>
    public static int Run(Func<Session, ExitCode> program)
    {
        using var cancellation = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Cancel(context, cancellation));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Cancel(context, cancellation));

        using var rawOutput = OperatingSystem.IsLinux() ? new PosixOutput(1) : Console.OpenStandardOutput();
        using var rawError = Console.OpenStandardError();
        using var standardOutput = new StandardStream(rawOutput);
        using var standardError = new StandardStream(rawError);
        using var output = new StreamWriter(standardOutput, new UTF8Encoding(false), 1 << 16) { AutoFlush = false };
        using var error = new StreamWriter(standardError, new UTF8Encoding(false)) { AutoFlush = true };

        bool outIsTerminal = !Console.IsOutputRedirected;
        bool errorIsTerminal = !Console.IsErrorRedirected;
        var session = new Session
        {
            Out = output,
            Error = error,
            OpenInput = () => OperatingSystem.IsLinux() ? new InterruptibleInput(Console.OpenStandardInput(), cancellation.Token) : Console.OpenStandardInput(),
            RawOut = standardOutput,
            OutputIsGone = () => standardOutput.Failure is not null || rawOutput is PosixOutput { IsGone: true },
            OutIsTerminal = outIsTerminal,
            Width = WidthOf(outIsTerminal),
            ColourOut = WantsColour(outIsTerminal),
            ColourError = WantsColour(errorIsTerminal),
            ErrorIsTerminal = errorIsTerminal && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"),
            Cancelled = cancellation.Token,
            SystemRoot = Environment.GetEnvironmentVariable(RootVariable) is { Length: > 0 } root ? root : "/",
        };

        var code = program(session);
        output.Flush();
        if (standardOutput.Failure is { } failure)
        {
            error.WriteLine($"handoff: cannot write the output: {failure}");
            return (int)ExitCode.CannotWrite;
        }

        return (int)code;
    }

    private static void Cancel(PosixSignalContext context, CancellationTokenSource cancellation)
    {
        if (cancellation.IsCancellationRequested)
            Environment.Exit(InterruptedTwice);
        context.Cancel = true;
        cancellation.Cancel();
    }

    // NO_COLOR (no-color.org) wins, then CLICOLOR_FORCE, then whether somebody looks.
    private static bool WantsColour(bool isTerminal)
    {
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")))
            return false;
        if (Environment.GetEnvironmentVariable("CLICOLOR_FORCE") is { Length: > 0 } force && force != "0")
            return true;
        return isTerminal && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } terminal && terminal != "dumb";
    }

    private static int WidthOf(bool isTerminal)
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out int columns) && columns > 0)
            return Math.Max(columns, NarrowestTerminal);
        if (!isTerminal)
            return 80;
        int width = Console.WindowWidth;
        return width > 0 ? Math.Max(width, NarrowestTerminal) : 80;
    }
}
