namespace Handoff.Cli;

/// <summary>Writes files whole or not at all: beside the target under another name first, then in its place.</summary>
internal static class OutputFile
{
    /// <summary>Writes a file.</summary>
    /// <param name="path">The file; an existing one is replaced.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="UserErrorException">The place cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        if (path.Length == 0 || Directory.Exists(path))
            throw new UserErrorException(ExitCode.Usage, $"{LitmusFile.Printable(path)} is {(path.Length == 0 ? "no file name" : "a directory")}", "name the file to write");
        string whole = Path.GetFullPath(path);
        string draft = $"{whole}.{Environment.ProcessId}.part";
        try
        {
            using (var file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write, FileShare.None))
                write(file);
            File.Move(draft, whole, overwrite: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new UserErrorException(ExitCode.CannotWrite, $"cannot write {LitmusFile.Printable(path)}: {Reason(error, whole)}");
        }
        finally
        {
            TryDelete(draft);
        }
    }

    private static string Reason(Exception error, string whole) => error switch
    {
        DirectoryNotFoundException => $"there is no directory {LitmusFile.Printable(Path.GetDirectoryName(whole) ?? "/")}",
        UnauthorizedAccessException => "permission denied",
        _ => error.Message.Split('\n')[0].Replace($" : '{whole}'", "", StringComparison.Ordinal),
    };

    private static void TryDelete(string draft)
    {
        try
        {
            File.Delete(draft);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Nothing more can be done about it.
        }
    }
}
