using System.Diagnostics;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;

namespace Handoff.Cli.Completion;

/// <summary>Names of the devices in the recording that a command line names, as far as a moment's reading shows them.</summary>
internal static class RecordedDevices
{
    private const int Quick = 20_000; // events that are read in no time
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300); // somebody waits with a finger on the key

    /// <summary>The devices; none if no word names a recording.</summary>
    public static IEnumerable<Candidate> Of(IReadOnlyList<string> words)
    {
        string? path = words.FirstOrDefault(static word => !word.StartsWith('-') && (TraceBundle.IsFile(word) || Directory.Exists(word)));
        if (path is null)
            return [];
        try
        {
            return Read(path);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return []; // a recording that cannot be read has nothing to offer; the verb will say why
        }
    }

    private static List<Candidate> Read(string path)
    {
        long began = Stopwatch.GetTimestamp();
        var seen = new List<int>();
        if (TraceBundle.Find(path) is not { } bundle)
            return [];
        using var reader = Recording.Open(bundle.Path);
        var e = new DmaEvent();
        for (long events = 0; reader.Read(ref e); events++)
        {
            if (e.Device > 0 && !seen.Contains(e.Device))
                seen.Add(e.Device);
            if (events >= Quick && events % 1024 == 0 && Stopwatch.GetElapsedTime(began) > Patience)
                break;
        }

        return [.. seen.Select(device => new Candidate(reader.Devices[device])).OrderBy(static each => each.Text, StringComparer.Ordinal)];
    }
}
