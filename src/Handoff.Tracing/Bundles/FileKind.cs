using System.Runtime.InteropServices;

namespace Handoff.Tracing.Bundles;

/// <summary>Tells files from pipes and devices, without opening them: to open a pipe is to wait for its other side.</summary>
internal static partial class FileKind
{
    private const int CurrentDirectory = -100; // AT_FDCWD
    private const uint Mode = 1; // STATX_TYPE
    private const int ModeOffset = 28, StatxSize = 256;
    private const int TypeMask = 0xf000, Regular = 0x8000;

    /// <summary>Whether a path leads to a regular file, perhaps over links.</summary>
    internal static bool IsRegular(string path)
    {
        if (!File.Exists(path))
            return false;
        if (!OperatingSystem.IsLinux())
            return true;
        Span<byte> status = stackalloc byte[StatxSize];
        try
        {
            return Statx(CurrentDirectory, path, 0, Mode, status) != 0 || (BitConverter.ToUInt16(status[ModeOffset..]) & TypeMask) == Regular;
        }
        catch (EntryPointNotFoundException)
        {
            return true; // an old C library: pipes are waited for there
        }
    }

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> status);
}
