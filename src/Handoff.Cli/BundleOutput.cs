using Handoff.Tracing.Bundles;

namespace Handoff.Cli;

/// <summary>Decides whether a verb writes a recording alone or a bundle, and writes it.</summary>
internal static class BundleOutput
{
    /// <summary>Facts that are about the events themselves: they do not fit to a part of them.</summary>
    private const string Counts = "trace_stats.txt";

    /// <summary>Whether a directory is wanted: the source is a bundle and the output is not named like a file.</summary>
    public static bool IsDirectory(TraceBundle? source, string path) =>
        path.EndsWith('/') || Directory.Exists(path) || (source?.FactsDirectory is not null && Path.GetExtension(path).Length == 0);

    /// <summary>Writes a recording alone, or a bundle with the facts of its source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="path">The file or directory.</param>
    /// <param name="write">Writes the recording.</param>
    /// <param name="facts">Writes facts into a directory; <see langword="null"/> to copy them as they are.</param>
    public static void Write(TraceBundle? source, string path, Action<FileStream> write, Action<string>? facts = null)
    {
        if (!IsDirectory(source, path))
        {
            OutputFile.Write(path, write);
            return;
        }

        OutputFile.WriteDirectory(path, directory =>
        {
            using (var file = new FileStream(Path.Combine(directory, "trace.dat"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
                write(file);
            if (facts is not null)
            {
                facts(directory);
                return;
            }

            if (source?.FactsDirectory is not { } from)
                return;
            foreach (string name in TraceBundle.FactFiles.Where(static name => name != Counts))
            {
                if (PackedFile.Find(from, name) is { } file)
                    File.Copy(file, Path.Combine(directory, Path.GetFileName(file)));
            }
        });
    }

    /// <summary>Bytes of what was written.</summary>
    public static long SizeOf(string path) => Directory.Exists(path)
        ? Directory.EnumerateFiles(path).Sum(static file => new FileInfo(file).Length)
        : new FileInfo(path).Length;
}
