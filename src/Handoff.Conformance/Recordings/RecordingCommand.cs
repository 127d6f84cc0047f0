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
            return Complain(error, "give at least one recording, or a directory of recordings");

        var recordings = new List<string>();
        bool empty = false;
        foreach (string directory in directories)
        {
            if (!Directory.Exists(directory) || RecordingSearch.IsRecording(directory))
                recordings.Add(directory); // what is wrong with it is said by whoever reads it
            else
                empty |= !AddBelow(directory, recordings, error);
        }

        if (recordings.Count == 0)
            return ExitCodes.BadInput;

        var verdicts = new List<RecordingVerdict>();
        foreach (string directory in recordings)
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
        return empty || verdicts.Exists(static v => v.Problems.Count > 0) ? ExitCodes.BadInput : ExitCodes.Ok;
    }

    /// <summary>All recordings below a directory that is none itself. False, with a message, if there are none.</summary>
    private static bool AddBelow(string directory, List<string> recordings, TextWriter error)
    {
        var skipped = new List<string>();
        List<string> found = RecordingSearch.Below(directory, (each, why) => skipped.Add($"conform: {each}: {why}; left out"));
        if (found.Count == 0)
        {
            error.WriteLine($"conform: {directory}: {RecordingSearch.Why(directory)}, nor does a directory below it");
            return false;
        }

        skipped.ForEach(error.WriteLine);
        recordings.AddRange(found);
        return true;
    }

    private static int Complain(TextWriter error, string message)
    {
        error.WriteLine($"conform recording: {message}");
        error.WriteLine("usage: conform recording DIR... [--json] [--first N]");
        return ExitCodes.Usage;
    }
}
