using System.Text;
using Handoff.Cli.Terminal;

namespace Handoff.Cli.Tests;

/// <summary>What a run of the program in this process gave.</summary>
internal sealed record Run(ExitCode Code, string Out, string Error)
{
    /// <summary>Runs a command line.</summary>
    public static Run Of(params string[] args) => Of(new Settings(), args);

    /// <summary>Runs a command line for a certain reader.</summary>
    public static Run Of(Settings settings, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var session = new Session
        {
            Out = output,
            Error = error,
            OpenInput = () => new MemoryStream(Encoding.UTF8.GetBytes(settings.Input)),
            Width = settings.Width,
            ColourOut = settings.Colour,
            ColourError = settings.Colour,
            ErrorIsTerminal = settings.Colour,
            Cancelled = settings.Cancelled,
            SystemRoot = settings.Root,
        };
        var code = Application.Run(args, session);
        return new Run(code, output.ToString(), error.ToString());
    }

    /// <summary>The reader of a run.</summary>
    internal sealed record Settings(int Width = 80, bool Colour = false, string Input = "", string Root = "/", CancellationToken Cancelled = default);
}
