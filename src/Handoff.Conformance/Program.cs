using Handoff.Conformance.Recordings;
using Handoff.Conformance.Streams;

namespace Handoff.Conformance;

/// <summary>Judges the engine against what real kernels did.</summary>
internal static class Program
{
    private const string Usage = """
        conform: judges the engine against recorded kernels

          conform streams FILE            answer a stream of bounce requests (- reads standard input)
          conform recording DIR... [--json] [--first N]
                                          judge every probe line and trace event of recordings;
                                          DIR is one, or a directory with recordings below it

        Files may be packed (gz, zst; xz where the program xz is installed).
        Exit status: 0 all identical or explained, 1 something is wrong, 2 usage, 3 bad input.
        """;

    private static int Main(string[] arguments)
    {
        using Stream output = Console.OpenStandardOutput();
        return Run(arguments, output, Console.Error);
    }

    /// <summary>Runs one command; also called by tests.</summary>
    internal static int Run(ReadOnlySpan<string> arguments, Stream output, TextWriter error)
    {
        switch (arguments)
        {
            case ["streams", ..]:
                return StreamsCommand.Run(arguments[1..], output, error);
            case ["recording", ..]:
                return RecordingCommand.Run(arguments[1..], output, error);
            case ["help" or "--help" or "-h"]:
                using (var text = new StreamWriter(output, leaveOpen: true))
                    text.WriteLine(Usage);
                return ExitCodes.Ok;
            default:
                if (!arguments.IsEmpty)
                    error.WriteLine($"conform: no such command: {arguments[0]}");
                error.WriteLine(Usage);
                return ExitCodes.Usage;
        }
    }
}
