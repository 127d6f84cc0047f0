using System.Globalization;
using Handoff.Conformance.Recordings.Verdicts;

namespace Handoff.Conformance.Recordings;

/// <summary><c>conform recording DIR…</c>.</summary>
internal static class RecordingCommand
{
    private const int FirstByDefault = 10;

    public static int Run(ReadOnlySpan<string> arguments, Stream output, TextWriter error)
    {
        var directories = new List<string>();
        bool json = false;
        int first = FirstByDefault;
        for (int i = 0; i < arguments.Length; i++)
        {
            switch (arguments[i])
            {
                case "--json":
                    json = true;
                    break;
                case "--first":
                    if (++i == arguments.Length || !int.TryParse(arguments[i], NumberStyles.None, CultureInfo.InvariantCulture, out first))
                        return Complain(error, "--first needs a number");
                    break;
                case ['-', ..]:
                    return Complain(error, $"no such option: {arguments[i]}");
                default:
                    directories.Add(arguments[i]);
                    break;
            }
        }

        if (directories.Count == 0)
            return Complain(error, "give at least one recording, a directory");

        var verdicts = new List<RecordingVerdict>();
        foreach (string directory in directories)
        {
            verdicts.Add(RecordingJudge.Judge(directory, first));
            foreach (string problem in verdicts[^1].Problems)
                error.WriteLine($"conform: {directory}: {problem}");
        }

        if (json)
            VerdictJson.Write(verdicts, output);
        else
            VerdictText.Write(verdicts, output);
        if (verdicts.Exists(static v => v.Wrong > 0))
            return ExitCodes.Wrong;
        return verdicts.Exists(static v => v.Problems.Count > 0) ? ExitCodes.BadInput : ExitCodes.Ok;
    }

    private static int Complain(TextWriter error, string message)
    {
        error.WriteLine($"conform recording: {message}");
        error.WriteLine("usage: conform recording DIR... [--json] [--first N]");
        return ExitCodes.Usage;
    }
}
