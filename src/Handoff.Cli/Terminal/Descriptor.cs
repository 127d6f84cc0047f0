using System.Runtime.InteropServices;

namespace Handoff.Cli.Terminal;

/// <summary>Waits for a file descriptor.</summary>
internal static partial class Descriptor
{
    /// <summary>There is something to read, or the other side has gone (POLLIN).</summary>
    public const short HasBytes = 1;

    /// <summary>There is room to write (POLLOUT).</summary>
    public const short HasRoom = 4;

    /// <summary>Waits until a descriptor is ready.</summary>
    /// <param name="descriptor">Which one.</param>
    /// <param name="what">For what: <see cref="HasBytes"/> or <see cref="HasRoom"/>.</param>
    /// <param name="milliseconds">How long at most; -1 for ever.</param>
    /// <returns>Above 0 if it is ready, 0 if the time is over, below 0 if something came between: the error tells what.</returns>
    public static int Wait(int descriptor, short what, int milliseconds)
    {
        var entry = new Entry { Number = descriptor, Events = what };
        return Poll(ref entry, 1, milliseconds);
    }

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref Entry entries, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct Entry
    {
        public int Number;
        public short Events;
        public short Returned;
    }
}
