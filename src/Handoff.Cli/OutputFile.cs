using Handoff.Tracing.Bundles;

namespace Handoff.Cli;

/// <summary>Files that verbs write: whole or not at all.</summary>
internal static class OutputFile
{
    private const string SharedMemory = "/dev/shm/"; // the one directory of files below /dev
    private static readonly string[] NoPlaces = ["/dev/", "/proc/", "/sys/"];

    /// <summary>Says early that a file or directory cannot be written where it is wanted.</summary>
    /// <param name="path">Where it is wanted.</param>
    /// <param name="force">Whether an existing file may be replaced.</param>
    /// <exception cref="UserErrorException">It cannot.</exception>
    public static void Check(string path, bool force)
    {
        string name = LitmusFile.Printable(path);
        if (path.Length == 0)
            throw new UserErrorException(ExitCode.Usage, "the name of the output is empty");
        string full = Path.GetFullPath(path);
        if (IsNoPlace(full) || IsNoPlace(Target(full))) // /dev/stdout may lead to a file
            throw new UserErrorException(ExitCode.CannotWrite, $"{name}: is no place for files");
        string parent = Path.GetDirectoryName(full.TrimEnd('/')) ?? "/";
        if (!Directory.Exists(parent))
            throw new UserErrorException(ExitCode.CannotWrite, $"{name}: there is no directory {LitmusFile.Printable(parent)}");
        if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any())
            throw new UserErrorException(ExitCode.CannotWrite, $"{name}: is a directory that is not empty", "name a new one");
        if (File.Exists(path) && !force)
            throw new UserErrorException(ExitCode.CannotWrite, $"{name}: exists already", "--force replaces it");
    }

    private static bool IsNoPlace(string full) =>
        NoPlaces.Any(place => full.StartsWith(place, StringComparison.Ordinal)) && !full.StartsWith(SharedMemory, StringComparison.Ordinal);

    /// <summary>Says early that a file cannot be written, or replaced if there is one.</summary>
    /// <exception cref="UserErrorException">It cannot.</exception>
    public static void CheckFile(string path)
    {
        if (path.Length > 0 && Directory.Exists(path))
            throw new UserErrorException(ExitCode.CannotWrite, $"{LitmusFile.Printable(path)}: is a directory");
        Check(path, force: true);
    }

    /// <summary>Writes a file under another name first, and gives it its own when it is complete.</summary>
    /// <exception cref="UserErrorException">It cannot be written.</exception>
    public static void Write(string path, Action<FileStream> write)
    {
        CheckFile(path); // never over a device: it would be replaced by a file
        string target = Target(Path.GetFullPath(path));
        bool isPipe = File.Exists(target) && !TraceBundle.IsFile(target);
        string temporary = isPipe ? Path.Combine(Path.GetTempPath(), $"handoff-{Guid.NewGuid():n}.tmp") : TemporaryBeside(target);
        try
        {
            using (var file = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16))
                write(file);
            if (isPipe)
                CopyInto(temporary, target);
            else
                File.Move(temporary, target, overwrite: true);
        }
        catch (Exception problem)
        {
            Forget(() => File.Delete(temporary));
            if (problem is IOException or UnauthorizedAccessException)
                throw new UserErrorException(ExitCode.CannotWrite, $"{LitmusFile.Printable(path)}: cannot be written: {problem.Message}");
            throw;
        }
    }

    /// <summary>A named pipe stays what it is: whoever reads from it gets what was written.</summary>
    private static void CopyInto(string temporary, string pipe)
    {
        using (var whole = File.OpenRead(temporary))
        using (var output = new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0))
            whole.CopyTo(output);
        File.Delete(temporary);
    }

    /// <summary>Makes a directory under another name first, and gives it its own when it is complete.</summary>
    /// <exception cref="UserErrorException">It cannot be made.</exception>
    public static void WriteDirectory(string path, Action<string> fill)
    {
        string temporary = TemporaryBeside(path.TrimEnd('/'));
        try
        {
            Directory.CreateDirectory(temporary);
            fill(temporary);
            if (Directory.Exists(path))
                Directory.Delete(path); // an empty one
            Directory.Move(temporary, path.TrimEnd('/'));
        }
        catch (Exception problem)
        {
            Forget(() => Directory.Delete(temporary, recursive: true));
            if (problem is IOException or UnauthorizedAccessException)
                throw new UserErrorException(ExitCode.CannotWrite, $"{LitmusFile.Printable(path)}: cannot be written: {problem.Message}");
            throw;
        }
    }

    // Behind symbolic links: what is replaced is the file, not a link to it.
    private static string Target(string path) => File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;

    private static string TemporaryBeside(string path) =>
        Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", $".{Path.GetFileName(path)}.{Environment.ProcessId}.tmp");

    private static void Forget(Action action)
    {
        try
        {
            action();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // The first failure counts; what is left of the temporary file says so itself.
        }
    }
}
