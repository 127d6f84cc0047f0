using System.Buffers.Binary;
using System.IO.Compression;

namespace Handoff.Pages.Tests;

/// <summary>The pixels of a PNG file as a browser writes it (8 bits, no interlace).</summary>
internal sealed class Picture
{
    private readonly byte[] _pixels;
    private readonly int _channels;

    private Picture(int width, int height, int channels, byte[] pixels) => (Width, Height, _channels, _pixels) = (width, height, channels, pixels);

    public int Width { get; }

    public int Height { get; }

    public static Picture Read(byte[] png)
    {
        int width = 0, height = 0, channels = 0;
        using var packed = new MemoryStream();
        for (int at = 8; at < png.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            string type = System.Text.Encoding.ASCII.GetString(png, at + 4, 4);
            Span<byte> body = png.AsSpan(at + 8, length);
            if (type == "IHDR")
            {
                (width, height) = (BinaryPrimitives.ReadInt32BigEndian(body), BinaryPrimitives.ReadInt32BigEndian(body[4..]));
                channels = body[9] == 6 ? 4 : 3;
                Assert.True(body[8] == 8 && body[9] is 2 or 6 && body[12] == 0, "a kind of PNG that this reader does not know");
            }
            else if (type == "IDAT")
            {
                packed.Write(body);
            }

            at += length + 12;
        }

        packed.Position = 0;
        using var zlib = new ZLibStream(packed, CompressionMode.Decompress);
        using var raw = new MemoryStream();
        zlib.CopyTo(raw);
        return new Picture(width, height, channels, Unfilter(raw.ToArray(), width, height, channels));
    }

    /// <summary>How many different colours there are.</summary>
    public int Colours()
    {
        var seen = new HashSet<int>();
        for (int i = 0; i + _channels <= _pixels.Length; i += _channels)
            seen.Add((_pixels[i] << 16) | (_pixels[i + 1] << 8) | _pixels[i + 2]);
        return seen.Count;
    }

    private static byte[] Unfilter(byte[] raw, int width, int height, int channels)
    {
        int stride = width * channels;
        var pixels = new byte[stride * height];
        for (int y = 0; y < height; y++)
        {
            int filter = raw[y * (stride + 1)];
            for (int x = 0; x < stride; x++)
            {
                int left = x >= channels ? pixels[(y * stride) + x - channels] : 0;
                int up = y > 0 ? pixels[((y - 1) * stride) + x] : 0;
                int corner = y > 0 && x >= channels ? pixels[((y - 1) * stride) + x - channels] : 0;
                int guess = filter switch { 1 => left, 2 => up, 3 => (left + up) / 2, 4 => Paeth(left, up, corner), _ => 0 };
                pixels[(y * stride) + x] = (byte)(raw[(y * (stride + 1)) + 1 + x] + guess);
            }
        }

        return pixels;
    }

    private static int Paeth(int a, int b, int c)
    {
        int p = a + b - c, pa = Math.Abs(p - a), pb = Math.Abs(p - b), pc = Math.Abs(p - c);
        return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    }
}
