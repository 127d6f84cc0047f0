using System.Runtime.InteropServices;

namespace Handoff.Tracing.Capture;

/// <summary>The machine at hand as its files show it: <c>/proc</c>, <c>/sys</c>, tracefs. Tests put a directory in the place of <c>/</c>.</summary>
/// <param name="root">The directory that stands for <c>/</c>.</param>
public sealed class CaptureSystem(string root = "/")
{
    private static readonly string[] TracePlaces = ["sys/kernel/tracing", "sys/kernel/debug/tracing"];

    /// <summary>Whether this is the machine itself and no directory that stands for one.</summary>
    public bool IsReal => root == "/";

    /// <summary>A name for a recording made now: <c>handoff-HOST-20260131-235959</c>.</summary>
    public string UsualName(DateTime now)
    {
        string host = string.Concat(Read("proc/sys/kernel/hostname").Trim().Where(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'));
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"handoff-{(host.Length > 0 ? host : "host")}-{now:yyyyMMdd-HHmmss}");
    }

    /// <summary>Where a file of the machine is.</summary>
    internal string PathOf(string path) => Path.Combine(root, path);

    /// <summary>Whether there is such a directory, as far as we may look.</summary>
    internal bool HasDirectory(string path) => Directory.Exists(PathOf(path));

    /// <summary>Text of a file; empty if it cannot be read.</summary>
    internal string Read(string path)
    {
        try
        {
            return File.ReadAllText(PathOf(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>Names of what a directory holds, in order; nothing if it cannot be read.</summary>
    internal string[] Names(string path)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(PathOf(path)).Select(static entry => Path.GetFileName(entry)).Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>Name of what a symbolic link leads to; empty if there is none.</summary>
    internal string LinkName(string path)
    {
        try
        {
            return Path.GetFileName(new FileInfo(PathOf(path)).LinkTarget?.TrimEnd('/') ?? "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    /// <summary>The release of the kernel.</summary>
    internal string Release => Read("proc/sys/kernel/osrelease").Trim();

    /// <summary>What <c>uname -a</c> prints.</summary>
    internal string Uname
    {
        get
        {
            string architecture = Read("proc/sys/kernel/arch").Trim(); // since 6.1
            if (architecture.Length == 0)
                architecture = RuntimeInformation.OSArchitecture switch { System.Runtime.InteropServices.Architecture.X64 => "x86_64", System.Runtime.InteropServices.Architecture.Arm64 => "aarch64", var other => other.ToString().ToLowerInvariant() };
            return $"Linux {Read("proc/sys/kernel/hostname").Trim()} {Release} {Read("proc/sys/kernel/version").Trim()} {architecture} GNU/Linux";
        }
    }

    /// <summary>Finds tracefs, and says what is missing if the events of the DMA API cannot be recorded.</summary>
    /// <returns>Its directory, relative to the root.</returns>
    /// <exception cref="CaptureException">Something is missing.</exception>
    internal string FindTracing()
    {
        if (IsReal && !Environment.IsPrivilegedProcess)
            throw new CaptureException("HT0601", "only root may record", "sudo handoff record …");
        string? place = TracePlaces.FirstOrDefault(each => HasDirectory(each + "/events"));
        if (place is null)
            throw new CaptureException("HT0602", "there is no tracefs", "mount -t tracefs nodev /sys/kernel/tracing (the kernel needs CONFIG_FTRACE)");
        if (HasDirectory(place + "/events/dma"))
            return place;
        bool isOld = System.Version.TryParse(string.Join('.', Release.Split('-', '+')[0].Split('.').Take(2)), out Version? version) && version < new Version(6, 12);
        throw isOld
            ? new CaptureException("HT0603", $"Linux {Release} has no events of the DMA API", "Linux 6.12 and later have them")
            : new CaptureException("HT0603", $"this kernel ({Release}) was built without events of the DMA API", "Linux 6.12 and later have them with CONFIG_TRACEPOINTS");
    }
}
