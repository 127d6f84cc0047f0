using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Recordings;

/// <summary>Finds the recordings that a directory means: itself, or all below it.</summary>
internal static class RecordingSearch
{
    private const int Deepest = 8; // levels below the directory that was named

    /// <summary>Whether a directory holds a recording that can be judged: one that says what machine it was.</summary>
    public static bool IsRecording(string directory) => PackedFile.Find(directory, "machine.txt") is not null;

    /// <summary>The recordings below a directory that is none itself, by name.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="skipped">Told of each directory directly below that holds none, and why.</param>
    public static List<string> Below(string directory, Action<string, string> skipped)
    {
        var found = new List<string>();
        foreach (string each in Directories(directory))
        {
            int before = found.Count;
            Collect(each, 1, found);
            if (found.Count == before)
                skipped(each, Why(each));
        }

        return found;
    }

    /// <summary>Why a directory is no recording.</summary>
    public static string Why(string directory) =>
        TraceBundle.Find(directory) is null ? "holds no recording" : "has a trace but no machine.txt, so that its machine is not known";

    private static void Collect(string directory, int depth, List<string> found)
    {
        if (IsRecording(directory))
        {
            found.Add(directory);
            return;
        }

        if (depth == Deepest)
            return;
        foreach (string each in Directories(directory))
            Collect(each, depth + 1, found);
    }

    /// <summary>Directories that may not be read, and links (which may lead round in circles), are left out.</summary>
    private static string[] Directories(string directory)
    {
        try
        {
            return [.. new DirectoryInfo(directory).EnumerateDirectories().Where(static d => d.LinkTarget is null).Select(d => Path.Combine(directory, d.Name)).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
