namespace Handoff.Tracing.Bundles;

/// <summary>A recording as users name it: a file, or a directory with a recording and facts about its machine.</summary>
/// <param name="Path">The recording.</param>
/// <param name="Directory">Where facts are looked for.</param>
/// <param name="Name">Name for headings: the directory's where the file has a usual name, the file's otherwise.</param>
public sealed record TraceBundle(string Path, string Directory, string Name)
{
    /// <summary>Usual names of recordings, in the order in which they are tried.</summary>
    private static readonly string[] Usual = ["trace.dat", "live.dat", "trace.txt", "trace", "trace.v6.dat"];

    /// <summary>Finds the recording that a path means.</summary>
    /// <param name="path">A file or a directory.</param>
    /// <returns>The bundle; <see langword="null"/> if there is no such file, or no recording in the directory.</returns>
    public static TraceBundle? Find(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (File.Exists(path))
        {
            string full = System.IO.Path.GetFullPath(path), directory = System.IO.Path.GetDirectoryName(full) ?? "/";
            string file = System.IO.Path.GetFileName(full);
            bool usual = Usual.Any(name => file == name || file == name + ".zst" || file == name + ".gz");
            return new TraceBundle(path, directory, usual ? System.IO.Path.GetFileName(directory) : file);
        }

        if (!System.IO.Directory.Exists(path))
            return null;
        foreach (string name in Usual)
        {
            if (PackedFile.Find(path, name) is { } found)
                return new TraceBundle(found, path, System.IO.Path.GetFileName(System.IO.Path.GetFullPath(path).TrimEnd('/')));
        }

        return null;
    }

    /// <summary>Reads the facts beside the recording.</summary>
    public MachineFacts ReadFacts() => MachineFacts.Read(Directory);
}
