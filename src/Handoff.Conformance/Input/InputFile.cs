using System.ComponentModel;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Handoff.Tracing.Bundles;

namespace Handoff.Conformance.Input;

/// <summary>Opens an input named on the command line: a file, or <c>-</c> for standard input; gz, zst and xz are unpacked.</summary>
internal static class InputFile
{
    /// <summary>Opens it.</summary>
    /// <exception cref="InputException">It cannot be opened or unpacked; the message is for the user.</exception>
    [SuppressMessage("Reliability", "CA2000", Justification = "The stream that is returned owns it.")]
    public static Stream Open(string path)
    {
        if (path == "-")
            return PackedFile.Unpack(Console.OpenStandardInput());
        if (Directory.Exists(path))
            throw new InputException($"{path}: is a directory; a stream is a file");
        if (!File.Exists(path))
            throw new InputException($"{path}: no such file");
        try
        {
            return IsXz(path) ? OpenXz(path) : PackedFile.Open(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: {e.Message}", e);
        }
    }

    private static bool IsXz(string path)
    {
        Span<byte> magic = stackalloc byte[6];
        using FileStream file = File.OpenRead(path);
        return file.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false) == magic.Length && magic is [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0];
    }

    /// <summary>There is no xz reader in .NET, so the system's program unpacks into memory.</summary>
    private static MemoryStream OpenXz(string path)
    {
        try
        {
            var start = new ProcessStartInfo("xz", ["-dc", "--", path]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
            using var xz = Process.Start(start)!;
            Task<string> complaint = xz.StandardError.ReadToEndAsync();
            var unpacked = new MemoryStream();
            xz.StandardOutput.BaseStream.CopyTo(unpacked);
            xz.WaitForExit();
            if (xz.ExitCode != 0)
                throw new InputException($"{path}: xz cannot unpack it: {complaint.Result.Trim()}");
            unpacked.Position = 0;
            return unpacked;
        }
        catch (Win32Exception e)
        {
            throw new InputException($"{path}: is packed with xz, and the program xz is not installed; unpack it first, or install xz-utils", e);
        }
    }
}
